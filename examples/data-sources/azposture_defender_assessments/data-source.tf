terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_defender_assessments" "storage" {
  severities     = ["critical", "high"]
  resource_types = ["Microsoft.Storage/storageAccounts"]
}

output "unhealthy" {
  value = data.azposture_defender_assessments.storage.summary.unhealthy
}

output "worst" {
  value = [for a in data.azposture_defender_assessments.storage.assessments : "${coalesce(a.resource_name, a.resource_id)}: ${coalesce(a.display_name, a.assessment_key)}"]
}

output "what_to_do" {
  value = { for key, r in data.azposture_defender_assessments.storage.recommendations : coalesce(r.display_name, key) => r.remediation }
}

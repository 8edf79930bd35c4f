terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

provider "azposture" {
  environment = "demo" # the tenant embedded in the provider
}

variable "gate" {
  description = "Whether Defender for Cloud has to be ready before anything else is planned."
  type        = bool
  default     = true
}

data "azposture_subscriptions" "all" {}

data "azposture_defender_plans" "relevant" {
  only_relevant = true
}

data "azposture_defender_assessments" "worst" {
  severities = ["critical", "high"]
  limit      = 5
}

resource "azposture_defender_validation" "production" {
  count = var.gate ? 1 : 0

  tags = { env = "prod" }
  plans = {
    KeyVaults       = {}
    StorageAccounts = { extensions = ["OnUploadMalwareScanning", "SensitiveDataDiscovery"] }
    VirtualMachines = { subplan = "P2", extensions = ["AgentlessVmScanning"] }
  }
  require_full_coverage = true
}

output "subscriptions" {
  value = { for s in data.azposture_subscriptions.all.subscriptions : coalesce(s.display_name, s.subscription_id) => s.management_group_path }
}

output "unprotected" {
  description = "Resources that no Defender plan protects, by plan."
  value = {
    for p in data.azposture_defender_plans.relevant.plans : p.key => p.resource_count
    if p.enabled == false && p.resource_count != null
  }
}

output "open_findings" {
  value = data.azposture_defender_assessments.worst.summary.by_severity
}

output "worst_findings" {
  value = [
    for a in data.azposture_defender_assessments.worst.assessments :
    format("%s: %s (%s)", coalesce(a.severity, "unrated"), coalesce(a.display_name, a.assessment_key), coalesce(a.resource_name, a.resource_id))
  ]
}

terraform {
  required_providers {
    azposture = { source = "azposture/azposture" }
  }
}

provider "azposture" {
  environment = "demo"
}

data "azposture_subscriptions" "all" {}

data "azposture_defender_plans" "gaps" {
  only_relevant = true
}

data "azposture_defender_assessments" "high" {
  severities = ["critical", "high"]
  limit      = 3
}

resource "azposture_defender_validation" "production" {
  tags = { env = "prod" }
  plans = {
    VirtualMachines = { subplan = "P2", extensions = ["AgentlessVmScanning"] }
    StorageAccounts = { extensions = ["OnUploadMalwareScanning", "SensitiveDataDiscovery"] }
    KeyVaults       = {}
  }
  require_full_coverage = true
}

output "subscriptions" {
  value = { for s in data.azposture_subscriptions.all.subscriptions : s.display_name => s.management_group_path }
}

output "plans_that_are_off_where_they_matter" {
  value = [for p in data.azposture_defender_plans.gaps.plans : p.key if !p.enabled]
}

output "open_recommendations" {
  value = data.azposture_defender_assessments.high.summary.by_severity
}

output "worst" {
  value = [for a in data.azposture_defender_assessments.high.assessments : "${a.severity}: ${a.display_name} (${a.resource_name})"]
}

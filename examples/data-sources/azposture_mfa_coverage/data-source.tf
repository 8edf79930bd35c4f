terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_mfa_coverage" "admins" {
  privileged_only = true
  targets         = ["all_apps", "azure_management"]
}

output "gaps" {
  value = { for c in data.azposture_mfa_coverage.admins.coverage : c.key => c.explanation }
}

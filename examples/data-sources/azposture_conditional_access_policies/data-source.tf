terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_conditional_access_policies" "on" {
  states = ["enabled"]
}

output "policies" {
  value = { for p in data.azposture_conditional_access_policies.on.policies : p.key => p.summary_text }
}

output "nobody_else_covers" {
  value = [for g in data.azposture_conditional_access_policies.on.exclusion_gaps : g.key]
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_policy_compliance" "this" {
  statuses = ["NonCompliant"]
}

# Null where nothing was evaluated, or not everything could be read: that is not 100.
output "percentages" {
  value = { for a in data.azposture_policy_compliance.this.assignments : a.key => a.percentage }
}

# What does not comply and nobody exempted.
output "open" {
  value = [for s in data.azposture_policy_compliance.this.states : s.key if s.exempted != true]
}

# What may refuse a storage account that a plan creates.
data "azposture_policy_compliance" "deny" {
  effects        = ["Deny"]
  resource_types = ["Microsoft.Storage/storageAccounts"]
  limit          = 1
}

output "may_refuse" {
  value = [for a in data.azposture_policy_compliance.deny.assignments : a.id if a.enforcement_mode != "DoNotEnforce"]
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# What may refuse a storage account that a plan creates.
data "azposture_policy_compliance" "deny" {
  effects        = ["Deny"]
  resource_types = ["Microsoft.Storage/storageAccounts"]
}

output "may_refuse" {
  value = [for a in data.azposture_policy_compliance.deny.assignments : a.id if a.enforcement_mode != "DoNotEnforce"]
}

# Null if any assignment could not be read: then nobody knows.
output "how_many" {
  value = data.azposture_policy_compliance.deny.complete ? data.azposture_policy_compliance.deny.summary.matched : null
}

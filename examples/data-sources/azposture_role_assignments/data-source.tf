terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Everybody who is Owner anywhere, members of groups included.
data "azposture_role_assignments" "owners" {
  role_definition_names = ["Owner"]
  expand_groups         = true
  limit                 = 0 # all rows
}

output "owners" {
  value = distinct([for r in data.azposture_role_assignments.owners.role_assignments : r.principal_id if r.principal_type != "Group"])
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Who is in the groups that can be given directory roles, nested groups included.
data "azposture_groups" "administrators" {
  display_names   = ["*"]
  role_assignable = true
  include_members = true
}

output "administrators" {
  value = { for g in data.azposture_groups.administrators.groups : g.key => g.user_ids }
}

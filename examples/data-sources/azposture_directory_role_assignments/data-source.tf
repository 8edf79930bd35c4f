terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_directory_role_assignments" "administrators" {
  role_display_names = ["Global Administrator"]
  assignment_types   = ["active"]
}

output "global_administrators" {
  value = data.azposture_directory_role_assignments.administrators.summary.global_administrators
}

terraform {
  required_version = ">= 1.10" # ephemeral blocks; OpenTofu from 1.11
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

ephemeral "azposture_role_assignment_validation" "reader" {
  self                  = true
  role_definition_names = ["Reader"]
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Applications that may change the directory, or read everybody's mail and files.
data "azposture_service_principals" "strong" {
  privileged_only = true
}

output "strong" {
  value = { for s in data.azposture_service_principals.strong.service_principals : s.key => s.display_name }
}

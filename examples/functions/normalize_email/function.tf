terraform {
  required_version = ">= 1.8" # functions; OpenTofu from 1.7
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

output "address" {
  value = provider::azposture::normalize_email("Nora+Studio_partner-studio.example#EXT#@fabrikam-outdoor.example")
}

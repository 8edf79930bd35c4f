terraform {
  required_version = ">= 1.8" # functions; OpenTofu from 1.7
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

output "key_vault_reader" {
  value = provider::azposture::role_definition_id("Key Vault Reader", "")
}

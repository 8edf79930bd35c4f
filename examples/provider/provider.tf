terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# A pipeline that signs in with its own identity token (GitHub Actions, Azure DevOps), without a stored secret.
provider "azposture" {
  tenant_id           = "0f4a6c1e-5d5b-4c1e-9a57-0d2a4cf1b001"
  client_id           = "6c1e0f4a-5d5b-4c1e-9a57-0d2a4cf1b002"
  use_oidc            = true
  management_group_id = "mg-production"
}

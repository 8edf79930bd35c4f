terraform {
  required_version = ">= 1.4" # terraform_data
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

resource "azposture_defender_validation" "production" {
  tags = { env = "prod" }
  plans = {
    Arm             = {}
    StorageAccounts = { extensions = ["OnUploadMalwareScanning"] }
    VirtualMachines = { subplan = "P2", extensions = ["AgentlessVmScanning"] }
  }
}

# Only what depends on a validation waits for it.
resource "terraform_data" "release" {
  depends_on = [azposture_defender_validation.production]
}

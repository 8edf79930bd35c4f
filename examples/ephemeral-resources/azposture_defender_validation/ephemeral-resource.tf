terraform {
  required_version = ">= 1.10" # ephemeral blocks; OpenTofu from 1.11
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Verified at every plan and again at apply, also of a saved plan; leaves nothing in state.
ephemeral "azposture_defender_validation" "production" {
  tags = { env = "prod" }
  plans = {
    SqlServers      = {}
    VirtualMachines = { subplan = "P1" }
  }
}

resource "terraform_data" "release" {
  depends_on = [ephemeral.azposture_defender_validation.production]
}

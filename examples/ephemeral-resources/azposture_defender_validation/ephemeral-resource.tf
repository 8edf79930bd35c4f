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

# How many requirements were judged: one a plan and subscription. In a module, the same value as an output:
# output "checked" {
#   value     = ephemeral.azposture_defender_validation.production.checked
#   ephemeral = true
# }
check "production_is_judged" {
  assert {
    condition     = ephemeral.azposture_defender_validation.production.checked == 2
    error_message = "Fewer or more requirements were judged than the two that are written for one subscription."
  }
}

resource "terraform_data" "release" {
  depends_on = [ephemeral.azposture_defender_validation.production]
}

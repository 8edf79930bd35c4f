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

terraform {
  required_version = ">= 1.10" # ephemeral blocks; OpenTofu from 1.11
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# On every plan and again before every apply; nothing of it is kept in state.
ephemeral "azposture_connection_validation" "all" {
  on_unknown = "warning"
}

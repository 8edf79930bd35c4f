terraform {
  required_version = ">= 1.10" # ephemeral blocks; OpenTofu from 1.11
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Another application, by the object id of its service principal.
ephemeral "azposture_graph_permission_validation" "deployment" {
  principal_id    = "fab00004-0000-4000-8000-000000000003"
  permissions     = ["User.Read.All"]
  accept_superset = false
}

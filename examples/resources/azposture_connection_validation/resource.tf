terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Everything that is required, and one advisory check by its id, which makes it required, too.
resource "azposture_connection_validation" "scanner" {
  check_ids = ["sign_in", "scope_complete", "role_*", "graph_*", "license_p1"]
}

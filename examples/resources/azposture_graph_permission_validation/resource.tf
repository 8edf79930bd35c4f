terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# The principal this provider signs in with.
resource "azposture_graph_permission_validation" "scanner" {
  self        = true
  permissions = ["AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All"]
}

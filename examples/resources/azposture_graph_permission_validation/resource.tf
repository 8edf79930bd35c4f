# The principal this provider signs in with.
resource "azposture_graph_permission_validation" "scanner" {
  self        = true
  permissions = ["AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All"]
}

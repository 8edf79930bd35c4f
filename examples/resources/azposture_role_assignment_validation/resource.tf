terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# The sign-in itself can read everything, everywhere in the scope of the connection.
resource "azposture_role_assignment_validation" "reader" {
  self                  = true
  role_definition_names = ["Reader"]
  actions               = ["Microsoft.Security/*/read"]
}

# For a role given in the same apply, name the assignment as trigger and wait for it to spread:
#
# resource "azposture_role_assignment_validation" "app" {
#   principal_id          = azurerm_user_assigned_identity.app.principal_id
#   scopes                = [azurerm_resource_group.app.id]
#   role_definition_names = ["Reader"]
#   triggers              = { assignment = azurerm_role_assignment.app.id }
#   wait_seconds          = 600
# }

ephemeral "azposture_role_assignment_validation" "reader" {
  self                  = true
  role_definition_names = ["Reader"]
}

data "azposture_directory_role_assignments" "administrators" {
  role_display_names = ["Global Administrator"]
  assignment_types   = ["active"]
}

output "global_administrators" {
  value = data.azposture_directory_role_assignments.administrators.summary.global_administrators
}

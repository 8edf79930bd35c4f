terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_directory_settings" "this" {}

output "guests_may_invite" {
  value = data.azposture_directory_settings.this.guests.invitations_from
}

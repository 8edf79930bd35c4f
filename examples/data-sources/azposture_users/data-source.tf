terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Accounts that can sign in and that nobody has used for 90 days.
data "azposture_users" "stale" {
  enabled       = true
  inactive_days = 90
}

output "stale" {
  value = [for user in data.azposture_users.stale.users : user.key]
}

# Guests whom the company invited, and who never came.
data "azposture_users" "guests" {
  user_types = ["Guest"]
  limit      = 0
}

output "never_came" {
  value = [for user in data.azposture_users.guests.users : user.key if user.external_state == "PendingAcceptance"]
}

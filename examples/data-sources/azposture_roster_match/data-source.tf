terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_roster_match" "people" {
  roster = [
    { email = "ava@fabrikam-outdoor.example" },
    { email = "viktor@fabrikam-outdoor.example", status = "terminated", terminated_on = "2026-08-31" },
    { email = "svc-print@fabrikam-outdoor.example", kind = "service" },
  ]
  statuses = ["terminated_enabled", "conflict"]
}

output "still_enabled" {
  value = [for m in data.azposture_roster_match.people.matches : m.key]
}

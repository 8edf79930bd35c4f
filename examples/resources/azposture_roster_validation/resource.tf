terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

resource "azposture_roster_validation" "leavers" {
  roster = [
    { email = "ava@fabrikam-outdoor.example" },
    { email = "elin@fabrikam-outdoor.example", status = "terminated", terminated_on = "2026-06-30" },
    { email = "svc-print@fabrikam-outdoor.example", kind = "service" },
  ]
  fail_on = ["terminated_enabled", "conflict"]
}

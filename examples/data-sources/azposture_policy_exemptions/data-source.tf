terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_policy_exemptions" "late" {
  statuses = ["expired", "permanent"]
}

output "late" {
  value = { for e in data.azposture_policy_exemptions.late.exemptions : e.key => coalesce(e.status, "unclear") }
}

output "without_expiry" {
  value = data.azposture_policy_exemptions.late.summary.without_expiry
}

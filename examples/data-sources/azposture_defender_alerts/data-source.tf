terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_defender_alerts" "high" {
  severities = ["high"]
  since      = "2026-10-01"
}

# Null, not 0, where nothing watches: `unreadable` says where.
output "high" {
  value = data.azposture_defender_alerts.high.summary.matched
}

output "newest" {
  value = [for a in data.azposture_defender_alerts.high.alerts : "${coalesce(a.generated_on, "?")} ${coalesce(a.display_name, a.key)}"]
}

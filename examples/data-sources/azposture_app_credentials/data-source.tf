terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

# Secrets and certificates that work no more, or soon no more.
data "azposture_app_credentials" "soon" {
  statuses             = ["expired", "expiring"]
  expiring_within_days = 60
}

output "soon" {
  value = [for c in data.azposture_app_credentials.soon.credentials : "${coalesce(c.display_name, c.object_id)}: ${c.kind} ends on ${coalesce(c.ends_on, "an unknown day")}"]
}

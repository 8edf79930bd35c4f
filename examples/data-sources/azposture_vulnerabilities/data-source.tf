terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_vulnerabilities" "worst" {
  severities = ["critical", "high"]
  patchable  = true
}

output "to_patch" {
  value = [for v in data.azposture_vulnerabilities.worst.vulnerabilities : "${v.vulnerability_id} ${v.resource_id} ${coalesce(v.fixed_version, "?")}"]
}

# No row is good news only where something looks.
output "not_scanned" {
  value = { for c in data.azposture_vulnerabilities.worst.coverage : c.key => c.reason if !contains(["ok", "no_resources"], c.reason) }
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_regulatory_compliance" "mcsb" {
  standards = ["Microsoft-cloud-security-benchmark"]
  limit     = 0
}

# Everything but what surely passed or does not apply: a state that is not known or not stated is in here, too.
output "open_controls" {
  value = {
    for r in data.azposture_regulatory_compliance.mcsb.rows : r.key => r.description
    if r.level == "control" && !contains(["Passed", "Skipped", "Unsupported"], coalesce(r.state, "unknown"))
  }
}

# A subscription that is not among the rows has passed nothing: here stands why.
output "not_reported" {
  value = [for gap in data.azposture_regulatory_compliance.mcsb.unreadable : "${gap.scope}: ${gap.reason}"]
}

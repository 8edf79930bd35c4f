terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_connection" "this" {}

output "ready" {
  value = data.azposture_connection.this.ready
}

# What each part of the provider lacks: the checks in its way.
output "missing" {
  value = { for feature, it in data.azposture_connection.this.ready_for : feature => it.missing if it.ready != true }
}

# What is left to do, with the portal path or the command for each line.
output "todo" {
  value = {
    for check in data.azposture_connection.this.checks : check.key => check.remediation
    if contains(["fail", "unknown"], check.status)
  }
}

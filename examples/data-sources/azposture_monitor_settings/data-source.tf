terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_monitor_settings" "export" {
  kinds = ["activity_log_export", "activity_log_alerts"]
  limit = 0
}

# Null where one could not be read: it may be one of them.
output "subscriptions_without_export" {
  value = data.azposture_monitor_settings.export.summary.subscriptions_without_export
}

# Operations somebody is told of: by rules that are on and that call an action group.
output "watched_operations" {
  value = distinct(flatten([
    for s in data.azposture_monitor_settings.export.settings : s.operation_names
    if s.kind == "activity_log_alerts" && s.enabled == true && length(coalesce(s.action_group_ids, [])) > 0 && s.operation_names != null
  ]))
}

data "azposture_monitor_settings" "vaults" {
  kinds          = ["resource_diagnostic_settings"]
  resource_types = ["Microsoft.KeyVault/vaults"]
  limit          = 0
}

output "vaults_without_logs" {
  value = data.azposture_monitor_settings.vaults.summary.resources_without_settings
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

resource "azposture_mfa_validation" "finance" {
  group_ids         = ["fab00003-0000-4000-8000-000000000006"]
  targets           = ["all_apps", "azure_management"]
  accepted_partials = ["trusted_locations_excluded"]
  exceptions = [{
    user_ids   = ["fab00002-0000-4000-8000-00000000000b"]
    reason     = "Emergency account, alert on every use."
    owner      = "ciso@fabrikam-outdoor.example"
    expires_on = "2027-06-30"
  }]
}

terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_subscriptions" "production" {
  tags = { env = "prod" }
}

output "production" {
  value = { for s in data.azposture_subscriptions.production.subscriptions : coalesce(s.display_name, s.subscription_id) => s.management_group_path }
}

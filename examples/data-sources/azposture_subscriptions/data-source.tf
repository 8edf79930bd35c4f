data "azposture_subscriptions" "production" {
  tags = { env = "prod" }
}

output "production" {
  value = { for s in data.azposture_subscriptions.production.subscriptions : s.display_name => s.management_group_path }
}

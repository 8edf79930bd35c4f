locals {
  database = provider::azposture::parse_resource_id(
    "/subscriptions/fab00001-0000-4000-8000-000000000001/resourceGroups/rg-orders/providers/Microsoft.Sql/servers/sql-orders/databases/orders"
  )
}

output "server" {
  value = local.database.parent_name
}

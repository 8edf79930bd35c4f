terraform {
  required_version = ">= 1.8" # functions; OpenTofu from 1.7
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

locals {
  database = provider::azposture::parse_resource_id(
    "/subscriptions/fab00001-0000-4000-8000-000000000001/resourceGroups/rg-orders/providers/Microsoft.Sql/servers/sql-orders/databases/orders"
  )
}

output "server" {
  value = local.database.parent_name
}

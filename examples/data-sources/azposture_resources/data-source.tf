terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_resources" "vaults" {
  resource_types = ["Microsoft.KeyVault/vaults"]
  limit          = 0
}

output "open_vaults" {
  value = [for r in data.azposture_resources.vaults.resources : r.id if r.public_network_access != "Disabled"]
}

# Columns of the type are JSON; one that the service did not say is null in it.
output "vaults_that_can_be_purged" {
  value = [
    for r in data.azposture_resources.vaults.resources : r.id
    if try(jsondecode(r.properties_json).enablePurgeProtection, null) != true
  ]
}

# Node pools of AKS clusters, and the image of their nodes.
data "azposture_resources" "clusters" {
  resource_types = ["Microsoft.ContainerService/managedClusters"]
  limit          = 0
}

output "node_images" {
  value = {
    for r in data.azposture_resources.clusters.resources : r.id => {
      for pool in try(jsondecode(r.properties_json).agentPoolProfiles, []) : pool.name => pool.nodeImageVersion
    }
  }
}

# Why there are no rows of a type, or perhaps too few.
output "coverage" {
  value = { for c in data.azposture_resources.vaults.coverage : c.key => c.subscription_ids }
}

output "key_vault_reader" {
  value = provider::azposture::role_definition_id("Key Vault Reader", "")
}

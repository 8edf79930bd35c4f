//! Judgement: pure functions over facts. No IO, no async, no Terraform, no Azure client.

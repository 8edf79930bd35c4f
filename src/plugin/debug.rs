//! A process that outlives one run of Terraform, for a debugger: it prints what to put into the environment, and serves whoever
//! attaches. There is no TLS, hence a socket that only this user can reach (on Windows, for want of one, a loopback port).

use std::process;

use serde_json::{Value, json};

use super::listen::Address;

/// What attaches Terraform or OpenTofu to this process: a line for the shell, with every source address that one of them looks under.
/// `Test` keeps the host from ending the process.
pub(super) fn reattach(sources: &[&str], protocol: u32, address: &Address) -> String {
    let Address { network, text } = address;
    let entry = json!({
        "Protocol": "grpc",
        "ProtocolVersion": protocol,
        "Pid": process::id(),
        "Test": true,
        "Addr": { "Network": network, "String": text },
    });
    let config = Value::Object(sources.iter().map(|source| ((*source).to_owned(), entry.clone())).collect());
    format!("TF_REATTACH_PROVIDERS='{}'", config.to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_terraform_where_to_attach() {
        let address = Address { network: "unix", text: "/tmp/azp/s".into() };
        let line = reattach(&["registry.terraform.io/a/b", "registry.opentofu.org/a/b"], 6, &address);
        let json = line.strip_prefix("TF_REATTACH_PROVIDERS='").and_then(|rest| rest.strip_suffix('\'')).unwrap();
        let config: serde_json::Value = serde_json::from_str(json).unwrap();
        for source in ["registry.terraform.io/a/b", "registry.opentofu.org/a/b"] {
            let entry = &config[source];
            assert_eq!(entry["Addr"], json!({"Network": "unix", "String": "/tmp/azp/s"}));
            assert_eq!((&entry["ProtocolVersion"], &entry["Test"]), (&json!(6), &json!(true)));
        }
    }
}

//! Real Terraform at its most talkative, with planted secrets: none of them, and no token, assertion or private key, is in what it
//! prints, logs, plans or stores. Without Terraform, the protocol client stands in for it.

use std::{fs, path::Path, process::Stdio};

use azposture::demo::{CLIENT_ID, Fault, TENANT_ID, Tenant};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use tokio::process::Command;

use super::provider;
use crate::support::{
    cloud::{ASSERTION, FakeCloud, IDENTITY_HEADER, REQUEST_TOKEN, Role, SECRET, Seen},
    host::{BINARY, within},
};

/// One way to sign in: variables of the environment, and arguments of the block that are not secret.
struct Case {
    cloud: FakeCloud,
    variables: Vec<(&'static str, String)>,
    secrets: Vec<String>,
}

async fn cases() -> Vec<Case> {
    // One token is refused, so that errors and a second sign-in are written, too.
    let expired = || Fault::on("resources").times(1).refuse(401, "ExpiredAuthenticationToken", "Expired.");
    let tenant = || Tenant::demo().with_fault(expired());
    let fixture = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/certificates").join(name);
    let (secret, certificate, pem, github, machine) = (
        FakeCloud::on(tenant()).start().await,
        FakeCloud::on(tenant()).start().await,
        FakeCloud::on(tenant()).start().await,
        FakeCloud::on(tenant()).start().await,
        FakeCloud::on(tenant()).start().await,
    );
    let pfx = STANDARD.encode(fs::read(fixture("modern.pfx")).unwrap());
    let private = fs::read_to_string(fixture("chain.pem")).unwrap();
    let private: Vec<_> = private.lines().filter(|line| line.len() > 60 && !line.contains("-----")).map(str::to_owned).collect();
    let request_url = format!("https://{}/github", github.name(Role::Pipeline));
    let endpoint = format!("http://{}/msi/token", machine.name(Role::Machine));
    vec![
        Case { cloud: secret, variables: vec![("ARM_CLIENT_SECRET", SECRET.into())], secrets: vec![SECRET.into()] },
        Case {
            cloud: certificate,
            // The password of the fixture is too short to look for.
            variables: vec![("ARM_CLIENT_CERTIFICATE", pfx.clone()), ("ARM_CLIENT_CERTIFICATE_PASSWORD", "pw".into())],
            secrets: vec![pfx],
        },
        Case {
            cloud: pem,
            variables: vec![("ARM_CLIENT_CERTIFICATE_PATH", fixture("chain.pem").display().to_string())],
            secrets: private,
        },
        Case {
            cloud: github,
            variables: vec![
                ("ARM_USE_OIDC", "true".into()),
                ("ACTIONS_ID_TOKEN_REQUEST_URL", request_url),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN.into()),
            ],
            secrets: vec![REQUEST_TOKEN.into(), ASSERTION.into()],
        },
        Case {
            cloud: machine,
            variables: vec![
                ("ARM_USE_MSI", "true".into()),
                ("IDENTITY_ENDPOINT", endpoint),
                ("IDENTITY_HEADER", IDENTITY_HEADER.into()),
            ],
            secrets: vec![IDENTITY_HEADER.into()],
        },
    ]
}

impl Case {
    /// What must be nowhere: what was planted, and what came up while signing in. A token is looked for by its middle, which alone
    /// gives its holder away.
    fn forbidden(&self) -> Vec<String> {
        let sent = self.cloud.forms().into_iter().flat_map(|form| {
            ["client_assertion", "client_secret"].into_iter().filter_map(|name| form.get(name).cloned()).collect::<Vec<_>>()
        });
        let parts = sent.chain(self.cloud.issued()).flat_map(|token| token.split('.').map(str::to_owned).collect::<Vec<_>>());
        self.secrets.iter().cloned().chain(parts.filter(|part| part.len() > 24)).collect()
    }

    /// Fails if `text` holds anything that is forbidden.
    fn clean(&self, what: &str, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        for secret in self.forbidden() {
            assert!(!text.contains(&secret), "{what} holds {secret}");
        }
    }

    fn variable(&self, name: &str) -> bool {
        self.variables.iter().any(|(known, _)| *known == name)
    }
}

fn terraform() -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| ["terraform", "tofu"].map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    azposture = { source = "azposture/azposture" }
  }
}

variable "secret" {
  type      = string
  default   = null
  ephemeral = true
}

provider "azposture" {
  client_secret = var.secret
  tenant_wide   = true
}

data "azposture_subscriptions" "all" {}

data "azposture_defender_assessments" "some" {
  count = 50
  limit = count.index + 1
  tags  = { env = "prod" }
}

resource "azposture_defender_validation" "green" {
  plans = { SqlServers = {} }
  tags  = { env = "prod" }
}

output "subscriptions" {
  value = data.azposture_subscriptions.all.subscriptions
}
"#;

/// A folder in which Terraform finds the built provider.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = Path::new(BINARY).parent().unwrap().display();
    let rc = format!("provider_installation {{\n  dev_overrides {{ \"azposture/azposture\" = \"{home}\" }}\n  direct {{}}\n}}\n");
    fs::write(folder.path().join("rc"), rc).unwrap();
    fs::write(folder.path().join("main.tf"), CONFIGURATION).unwrap();
    folder
}

/// Runs Terraform; everything it says.
async fn run(program: &Path, folder: &Path, case: &Case, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command.env("PATH", "/usr/bin:/bin").env("HOME", folder).env("TMPDIR", folder).env("CHECKPOINT_DISABLE", "1");
    command.env("TF_CLI_CONFIG_FILE", folder.join("rc")).env("TF_LOG", "TRACE").env("TF_IN_AUTOMATION", "1");
    command.env("ARM_METADATA_HOSTNAME", case.cloud.name(Role::Pipeline));
    // The block's own argument would do, but then it would be part of the configuration; this is how SSL_CERT_FILE is used.
    command.env("SSL_CERT_FILE", case.cloud.ca_file());
    if !case.variable("ARM_USE_MSI") {
        command.env("ARM_TENANT_ID", TENANT_ID).env("ARM_CLIENT_ID", CLIENT_ID);
    }
    for (name, value) in &case.variables {
        // The secret takes the other way into the provider once: through the block.
        command.env(if *name == "ARM_CLIENT_SECRET" { "TF_VAR_secret" } else { name }, value);
    }
    let output = within(command.output()).await.unwrap();
    let all = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&all);
    let plain: Vec<_> = said.lines().filter(|line| !line.starts_with("20")).collect();
    assert!(output.status.success(), "{arguments:?}: {}", plain.join("\n"));
    assert!(said.contains("[DEBUG]") && said.contains("azposture"), "it was talkative");
    all
}

#[tokio::test]
async fn terraform_with_trace_logs_shows_and_stores_no_secret_and_reads_each_list_once() {
    let Some(program) = terraform() else {
        eprintln!("skipped: no terraform or tofu on the PATH; the protocol client is tested instead");
        return;
    };
    for case in cases().await {
        let folder = workspace();
        let folder = folder.path();
        let planned = run(&program, folder, &case, &["plan", "-no-color", "-input=false", "-out=plan.bin"]).await;
        let mut asked: Vec<_> = case.cloud.seen_by(Role::Management).iter().map(Seen::question).collect();
        let sent = asked.len();
        asked.sort();
        asked.dedup();
        assert!(
            !asked.is_empty() && sent - asked.len() <= 1,
            "each list once, but for the refused token: {sent} of {}",
            asked.len()
        );
        case.clean("what plan said", &planned);
        case.clean("the plan", &unpacked(&folder.join("plan.bin")));
        let shown = run(&program, folder, &case, &["show", "-json", "plan.bin"]).await;
        case.clean("the plan as JSON", &shown);
        case.clean(
            "what apply said",
            &run(&program, folder, &case, &["apply", "-no-color", "-input=false", "-auto-approve"]).await,
        );
        case.clean("the state", &fs::read(folder.join("terraform.tfstate")).unwrap());
        case.clean("what destroy said", &run(&program, folder, &case, &["destroy", "-no-color", "-auto-approve"]).await);
        assert!(case.forbidden().len() > 1, "something was planted and something issued");
    }
}

/// A plan file with its members unpacked: it is a zip, so that plain search would find nothing.
fn unpacked(plan: &Path) -> Vec<u8> {
    let bytes = fs::read(plan).unwrap();
    let mut all = vec![];
    for start in bytes.windows(4).enumerate().filter(|(_, window)| *window == b"PK\x03\x04").map(|(start, _)| start) {
        let number = |at: usize| usize::from(u16::from_le_bytes([bytes[start + at], bytes[start + at + 1]]));
        let from = start + 30 + number(26) + number(28);
        // Stored or deflated; the inflater stops at the end of its own stream.
        if number(8) == 8 {
            let mut inflated = vec![];
            let _ = std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(&bytes[from..]), &mut inflated);
            all.extend(inflated);
        }
    }
    assert!(all.len() > 1_000, "the plan has members");
    [bytes, all].concat()
}

#[tokio::test]
async fn the_provider_with_trace_logs_writes_no_secret() {
    for case in cases().await {
        let mut block = json!({"ca_certificate_file": case.cloud.ca_file(), "metadata_host": case.cloud.name(Role::Pipeline),
            "tenant_wide": true});
        if !case.variable("ARM_USE_MSI") {
            block["tenant_id"] = TENANT_ID.into();
            block["client_id"] = CLIENT_ID.into();
        }
        let variables = case.variables.iter().map(|(name, value)| (*name, value.as_str())).chain([("TF_LOG", "trace")]);
        let mut plugin = provider(block, &variables.collect::<Vec<_>>()).await;
        let mut said = vec![];
        for name in ["subscriptions", "defender_plans", "defender_assessments"] {
            said.push(format!("{:?}", plugin.read(&format!("azposture_{name}"), json!({})).await));
        }
        assert!(plugin.shutdown().await.success());
        case.clean("the log", plugin.stderr().as_bytes());
        case.clean("what was answered", said.concat().as_bytes());
        assert!(plugin.stderr().contains("azposture.azure.attempt"), "{}", plugin.stderr());
    }
}

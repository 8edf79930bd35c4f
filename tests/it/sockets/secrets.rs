//! Real Terraform at its most talkative, with planted secrets: none of them, and no token, assertion or private key, is in what it
//! prints, logs, plans or stores. Without Terraform, the protocol client stands in for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use azposture::demo::{CLIENT_ID, Fault, TENANT_ID, Tenant};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::process::Command;

use super::{provider, sign_in::stub_of_az};
use crate::support::{
    cloud::{ASSERTION, FakeCloud, IDENTITY_HEADER, REQUEST_TOKEN, Role, SECRET, Seen},
    host::{BINARY, within},
};

/// The password of `long-password.pfx`: long enough to be looked for.
const PFX_PASSWORD: &str = "PlantedPfxPassword-8dK2vN5qR7";

/// One way to sign in: variables of the environment, and arguments of the block that are not secret.
struct Case {
    name: &'static str,
    cloud: FakeCloud,
    /// Whether tenant and client id are given the usual way.
    application: bool,
    variables: Vec<(&'static str, String)>,
    secrets: Vec<String>,
    /// Files that the variables name.
    _files: Option<tempfile::TempDir>,
}

impl Case {
    /// An application of the cloud's tenant. One token is refused, so that errors and a second sign-in are written, too.
    async fn new(name: &'static str) -> Self {
        let expired = Fault::on("resources").times(1).refuse(401, "ExpiredAuthenticationToken", "Expired.");
        let cloud = FakeCloud::on(Tenant::demo().with_fault(expired)).start().await;
        Self { name, cloud, application: true, variables: vec![], secrets: vec![], _files: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn secret(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.secrets.push(value.clone());
        self.with(name, value)
    }

    fn planted(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// With the federated token in a file of that variable.
    fn token_file(mut self, variable: &'static str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("token");
        fs::write(&file, ASSERTION).unwrap();
        self._files = Some(files);
        self.with(variable, file.to_str().unwrap()).planted([ASSERTION.to_owned()])
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/certificates").join(name)
}

/// The private key of a PEM file as it could be written by accident: in the file's own lines, and parts of what they stand for as
/// base64 (wherever the part begins), as hexadecimal, and as a list of bytes.
fn key_material(name: &str) -> Vec<String> {
    let text = fs::read_to_string(fixture(name)).unwrap();
    let lines = text.lines().skip_while(|line| !line.contains("PRIVATE KEY")).skip(1).take_while(|line| !line.contains("-----"));
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    let der = STANDARD.decode(lines.concat()).unwrap();
    // Past the modulus, which is public and stands in the certificate, too: a part of a prime.
    let part = &der[der.len() / 2 + 64..][..48];
    let base64 = (0..3).map(|start| STANDARD.encode(&part[start..start + 45]));
    let hex = part.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let written = format!("{part:?}");
    let list = written.trim_matches(['[', ']']).to_owned();
    let long = lines.iter().rev().filter(|line| line.len() > 60).take(8).cloned();
    long.chain(base64).chain([hex.to_uppercase(), hex, list]).collect()
}

async fn cases() -> Vec<Case> {
    let pfx = STANDARD.encode(fs::read(fixture("long-password.pfx")).unwrap());
    let github = Case::new("GitHub Actions").await;
    let devops = Case::new("Azure DevOps").await;
    let machine = Case::new("managed identity").await;
    let aks = Case::new("AKS").await;
    let cli = Case::new("Azure CLI").await;
    let request_url = format!("https://{}/github", github.cloud.name(Role::Pipeline));
    let devops_url = format!("https://{}/devops?api-version=2.0", devops.cloud.name(Role::Pipeline));
    let endpoint = format!("http://{}/msi/token", machine.cloud.name(Role::Machine));
    let az = stub_of_az(&cli.cloud).await;
    let path = format!("{}:/usr/bin:/bin", az.path().display());
    vec![
        // Many data sources over the same list, once.
        Case::new("client secret").await.secret("ARM_CLIENT_SECRET", SECRET).with("TF_VAR_instances", "50"),
        Case::new("PFX")
            .await
            .secret("ARM_CLIENT_CERTIFICATE", pfx)
            .secret("ARM_CLIENT_CERTIFICATE_PASSWORD", PFX_PASSWORD)
            .planted(key_material("pkcs1.pem")),
        Case::new("PEM")
            .await
            .with("ARM_CLIENT_CERTIFICATE_PATH", fixture("chain.pem").display().to_string())
            .planted(key_material("chain.pem")),
        Case::new("OIDC token").await.with("ARM_USE_OIDC", "true").secret("ARM_OIDC_TOKEN", ASSERTION),
        Case::new("OIDC token file").await.with("ARM_USE_OIDC", "true").token_file("ARM_OIDC_TOKEN_FILE_PATH"),
        github
            .with("ARM_USE_OIDC", "true")
            .with("ACTIONS_ID_TOKEN_REQUEST_URL", request_url)
            .secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
            .planted([ASSERTION.to_owned()]),
        devops
            .with("ARM_USE_OIDC", "true")
            .with("SYSTEM_OIDCREQUESTURI", devops_url)
            .secret("SYSTEM_ACCESSTOKEN", REQUEST_TOKEN)
            .with("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "connection-1")
            .planted([ASSERTION.to_owned()]),
        Case { application: false, ..aks }
            .with("ARM_USE_AKS_WORKLOAD_IDENTITY", "true")
            .with("AZURE_CLIENT_ID", CLIENT_ID)
            .with("AZURE_TENANT_ID", TENANT_ID)
            .token_file("AZURE_FEDERATED_TOKEN_FILE"),
        Case { application: false, ..machine }
            .with("ARM_USE_MSI", "true")
            .with("IDENTITY_ENDPOINT", endpoint)
            .secret("IDENTITY_HEADER", IDENTITY_HEADER),
        Case { application: false, _files: Some(az), ..cli }.with("ARM_TENANT_ID", TENANT_ID).with("PATH", path),
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
            assert!(!text.contains(&secret), "{}: {what} holds {secret}", self.name);
        }
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

variable "instances" {
  type    = number
  default = 3
}

provider "azposture" {
  client_secret = var.secret
  tenant_wide   = true
}

data "azposture_connection" "this" {}

data "azposture_subscriptions" "all" {}

data "azposture_defender_assessments" "some" {
  count = var.instances
  limit = count.index + 1
  tags  = { env = "prod" }
}

resource "azposture_defender_validation" "green" {
  plans = { SqlServers = {} }
  tags  = { env = "prod" }
}

resource "azposture_connection_validation" "green" {
  check_ids = ["sign_in", "role_*"]
}

resource "azposture_role_assignment_validation" "green" {
  self                  = true
  role_definition_names = ["Reader"]
}

resource "azposture_graph_permission_validation" "green" {
  self        = true
  permissions = ["Directory.Read.All"]
}

output "connection" {
  value = data.azposture_connection.this
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
    if case.application {
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
    let runs = cases().await.into_iter().map(|case| {
        let program = program.clone();
        async move { whole_life(&program, &case).await }
    });
    stream::iter(runs).buffer_unordered(3).collect::<Vec<()>>().await;
}

/// Plan, apply and destroy.
async fn whole_life(program: &Path, case: &Case) {
    let folder = workspace();
    let folder = folder.path();
    let planned = run(program, folder, case, &["plan", "-no-color", "-input=false", "-out=plan.bin"]).await;
    let mut asked: Vec<_> = case.cloud.seen().iter().filter(|seen| is_list(seen)).map(Seen::question).collect();
    let sent = asked.len();
    asked.sort();
    asked.dedup();
    let name = case.name;
    assert!(
        !asked.is_empty() && sent - asked.len() <= 1,
        "{name}: each list once, but for the refused token: {sent} of {}",
        asked.len()
    );
    assert!(!case.cloud.seen_by(Role::Graph).is_empty(), "{name}: a token of Microsoft Graph is in the game");
    case.clean("what plan said", &planned);
    case.clean("the plan", &unpacked(&folder.join("plan.bin")));
    let shown = run(program, folder, case, &["show", "-json", "plan.bin"]).await;
    case.clean("the plan as JSON", &shown);
    let applied = run(program, folder, case, &["apply", "-no-color", "-input=false", "-auto-approve"]).await;
    case.clean("what apply said", &applied);
    case.clean("the state", &fs::read(folder.join("terraform.tfstate")).unwrap());
    case.clean("what destroy said", &run(program, folder, case, &["destroy", "-no-color", "-auto-approve"]).await);
    assert!(case.forbidden().len() > 2, "{name}: something was issued");
}

fn is_list(seen: &Seen) -> bool {
    matches!(seen.role, Role::Graph | Role::Management)
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
        if case.application {
            block["tenant_id"] = TENANT_ID.into();
            block["client_id"] = CLIENT_ID.into();
        }
        let variables = case.variables.iter().map(|(name, value)| (*name, value.as_str())).chain([("TF_LOG", "trace")]);
        let mut plugin = provider(block, &variables.collect::<Vec<_>>()).await;
        let mut said = vec![];
        for name in ["connection", "subscriptions", "defender_plans", "defender_assessments"] {
            said.push(format!("{:?}", plugin.read(&format!("azposture_{name}"), json!({})).await));
        }
        for (name, arguments) in [
            ("connection", json!({"check_ids": ["*"]})),
            ("graph_permission", json!({"self": true, "permissions": ["AccessReview.Read.All"]})),
            ("role_assignment", json!({"self": true, "role_definition_names": ["Owner"]})),
        ] {
            said.push(format!("{:?}", plugin.plan(&format!("azposture_{name}_validation"), arguments).await));
        }
        assert!(!case.cloud.seen_by(Role::Graph).is_empty(), "{}", case.name);
        assert!(plugin.shutdown().await.success());
        case.clean("the log", plugin.stderr().as_bytes());
        case.clean("what was answered", said.concat().as_bytes());
        assert!(plugin.stderr().contains("azposture.azure.send.attempt"), "{}", plugin.stderr());
    }
}

//! Every way to sign in, from the variables or the block to the first list, over both versions of HTTP.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use azposture::demo::{CLIENT_ID, TENANT_ID, Tenant};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value as Json, json};

use super::{provider, reads_all, refused};
use crate::support::{
    cloud::{ASSERTION, Effect, FakeCloud, Http, IDENTITY_HEADER, REQUEST_TOKEN, Role, SECRET, Trouble},
    plugin::errors,
};

async fn cloud() -> FakeCloud {
    FakeCloud::on(Tenant::demo()).start().await
}

/// The block that leads to the cloud, with more arguments; null takes one away.
fn with(cloud: &FakeCloud, arguments: Json) -> Json {
    let mut block = cloud.place();
    for (name, value) in arguments.as_object().unwrap() {
        block[name] = value.clone();
    }
    block
}

fn pipeline(cloud: &FakeCloud, path: &str) -> String {
    format!("https://{}/{path}?api-version=2.0", cloud.name(Role::Pipeline))
}

/// The assertion of the only sign-in, which is for Resource Manager.
fn assertion(cloud: &FakeCloud) -> String {
    let forms = cloud.forms();
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["scope"], format!("https://{}/.default", cloud.name(Role::Management)));
    assert_eq!((forms[0]["grant_type"].as_str(), forms[0]["client_id"].as_str()), ("client_credentials", CLIENT_ID));
    assert!(!forms[0].contains_key("client_secret"));
    forms[0]["client_assertion"].clone()
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/certificates").join(name).display().to_string()
}

#[tokio::test]
async fn a_client_secret_signs_in_over_both_versions_of_http() {
    for (http, version) in [(Http::One, "HTTP/1.1"), (Http::Two, "HTTP/2.0")] {
        let cloud = FakeCloud::on(Tenant::demo()).over(http).start().await;
        reads_all(&provider(cloud.block(), &[]).await).await;
        assert!(cloud.seen().iter().all(|seen| seen.version == version), "{:#?}", cloud.seen());
        let forms = cloud.forms();
        assert_eq!((forms.len(), forms[0]["client_secret"].as_str()), (1, SECRET));
    }
}

#[tokio::test]
async fn everything_can_come_from_variables() {
    let cloud = cloud().await;
    let metadata_host = cloud.name(Role::Pipeline);
    let variables = [
        ("ARM_METADATA_HOSTNAME", metadata_host),
        ("ARM_TENANT_ID", TENANT_ID),
        ("ARM_CLIENT_ID", CLIENT_ID),
        ("ARM_CLIENT_SECRET", SECRET),
    ];
    let block = json!({"ca_certificate_file": cloud.ca_file(), "tenant_wide": true});
    reads_all(&provider(block, &variables).await).await;
}

#[tokio::test]
async fn a_wrong_secret_is_called_that_and_nothing_is_read() {
    let cloud = cloud().await;
    let (summary, detail) = refused(&provider(with(&cloud, json!({"client_secret": "not-it"})), &[]).await).await;
    assert_eq!(summary, "Sign-in failed");
    assert!(detail.contains("AADSTS7000215") && !detail.contains("not-it"), "{detail}");
    assert!(cloud.seen_by(Role::Management).is_empty());
}

#[tokio::test]
async fn a_certificate_signs_in_as_pfx_and_as_pem() {
    let base64 = STANDARD.encode(fs::read(fixture("modern.pfx")).unwrap());
    for arguments in [
        json!({"client_certificate_path": fixture("modern.pfx"), "client_certificate_password": "pw"}),
        json!({"client_certificate_path": fixture("chain.pem")}),
        json!({"client_certificate": base64, "client_certificate_password": "pw"}),
    ] {
        let cloud = cloud().await;
        reads_all(&provider(with(&cloud, arguments), &[]).await).await;
        let sent = assertion(&cloud);
        let claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(sent.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!(claims["aud"], format!("https://{}/{TENANT_ID}/oauth2/v2.0/token", cloud.name(Role::Login)));
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(CLIENT_ID), Some(CLIENT_ID)));
    }
}

#[tokio::test]
async fn a_given_oidc_token_signs_in() {
    let cloud = cloud().await;
    let variables = [("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", ASSERTION)];
    reads_all(&provider(cloud.place(), &variables).await).await;
    assert_eq!(assertion(&cloud), ASSERTION);
}

#[tokio::test]
async fn a_token_file_is_read_again_for_each_access_token() {
    let cloud = cloud().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, format!("{ASSERTION}-first\n")).unwrap();
    let plugin = provider(with(&cloud, json!({"use_oidc": true, "oidc_token_file_path": file})), &[]).await;
    let (plans, said) = plugin.read("azposture_defender_plans", json!({})).await;
    assert!(plans.is_some() && errors(&said).is_empty(), "{said:#?}");
    fs::write(&file, format!("{ASSERTION}-second")).unwrap();
    let (roles, said) = plugin.read("azposture_directory_role_assignments", json!({})).await;
    assert!(roles.is_some() && errors(&said).is_empty(), "{said:#?}");
    let sent: Vec<_> = cloud.forms().iter().map(|form| form["client_assertion"].clone()).collect();
    assert_eq!(sent.first(), Some(&format!("{ASSERTION}-first")));
    assert_eq!(sent.last(), Some(&format!("{ASSERTION}-second")), "Microsoft Graph has a token of its own");
}

#[tokio::test]
async fn aks_signs_in_with_the_projected_token() {
    let cloud = cloud().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, ASSERTION).unwrap();
    let variables = [
        ("ARM_USE_AKS_WORKLOAD_IDENTITY", "true"),
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()),
        ("AZURE_CLIENT_ID", CLIENT_ID),
        ("AZURE_TENANT_ID", TENANT_ID),
    ];
    let block = with(&cloud, json!({"tenant_id": null, "client_id": null}));
    reads_all(&provider(block, &variables).await).await;
    assert_eq!(assertion(&cloud), ASSERTION);
}

#[tokio::test]
async fn github_actions_signs_in() {
    let cloud = cloud().await;
    let url = pipeline(&cloud, "github");
    let variables = [
        ("ARM_USE_OIDC", "true"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN),
    ];
    reads_all(&provider(cloud.place(), &variables).await).await;
    assert_eq!(assertion(&cloud), ASSERTION);
    let asked = cloud.seen_by(Role::Pipeline).into_iter().find(|seen| seen.path == "/github").unwrap();
    assert_eq!((asked.method.as_str(), asked.bearer.as_deref()), ("GET", Some(REQUEST_TOKEN)));
    assert!(asked.query.contains("audience=api%3A%2F%2FAzureADTokenExchange"), "{}", asked.query);
}

#[tokio::test]
async fn azure_devops_signs_in() {
    let cloud = cloud().await;
    let url = pipeline(&cloud, "devops");
    let variables = [
        ("ARM_USE_OIDC", "true"),
        ("SYSTEM_OIDCREQUESTURI", url.as_str()),
        ("SYSTEM_ACCESSTOKEN", REQUEST_TOKEN),
        ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "connection-1"),
    ];
    reads_all(&provider(cloud.place(), &variables).await).await;
    assert_eq!(assertion(&cloud), ASSERTION);
    let asked = cloud.seen_by(Role::Pipeline).into_iter().find(|seen| seen.path == "/devops").unwrap();
    assert_eq!((asked.method.as_str(), asked.bearer.as_deref()), ("POST", Some(REQUEST_TOKEN)));
    assert!(asked.query.contains("serviceConnectionId=connection-1"), "{}", asked.query);
}

#[tokio::test]
async fn a_refused_request_for_an_oidc_token_names_the_permission_and_no_token() {
    let cloud = cloud().await;
    let arguments =
        json!({"use_oidc": true, "oidc_request_url": pipeline(&cloud, "github"), "oidc_request_token": "PlantedWrong"});
    let (summary, detail) = refused(&provider(with(&cloud, arguments), &[]).await).await;
    assert_eq!(summary, "Sign-in failed");
    assert!(detail.contains("id-token: write") && !detail.contains("PlantedWrong"), "{detail}");
    assert!(cloud.forms().is_empty());
}

/// The address of the virtual machines' metadata service, 169.254.169.254, is fixed in the SDK and no test can listen there:
/// `signin/machine.rs` proves it in memory. App Service names its own address, which the SDK honours; that is the one met here.
#[tokio::test]
async fn a_managed_identity_signs_in_past_the_proxy() {
    let cloud = cloud().await;
    let endpoint = format!("http://{}/msi/token", cloud.name(Role::Machine));
    let variables = [
        ("ARM_USE_MSI", "true"),
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", IDENTITY_HEADER),
        // Nobody listens there: whatever goes through the proxy fails.
        ("HTTP_PROXY", "http://127.0.0.1:9"),
    ];
    let block = with(&cloud, json!({"tenant_id": null, "client_id": null}));
    reads_all(&provider(block, &variables).await).await;
    assert_eq!((cloud.seen_by(Role::Machine).len(), cloud.seen_by(Role::Login).len()), (1, 0));
}

/// A directory with an `az` in it that hands out the tokens as `az` does, and writes down how it was called.
pub(super) async fn stub_of_az(cloud: &FakeCloud) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let answer = |token: &str| {
        json!({"accessToken": token, "expiresOn": "2100-01-01 00:00:00.000000", "expires_on": 4_102_444_800_i64,
            "subscription": "s", "tenant": TENANT_ID, "tokenType": "Bearer"})
    };
    let (arm, graph) = (answer(&cloud.token(Role::Management).await), answer(&cloud.token(Role::Graph).await));
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {calls}\ncase \"$*\" in\n*{management}*) echo '{arm}';;\n*) echo '{graph}';;\nesac\n",
        calls = folder.path().join("calls").display(),
        management = cloud.name(Role::Management),
    );
    let az = folder.path().join("az");
    fs::write(&az, script).unwrap();
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn azure_cli_signs_in_and_is_started_once() {
    let cloud = cloud().await;
    let stub = stub_of_az(&cloud).await;
    let path = format!("{}:/usr/bin:/bin", stub.path().display());
    let plugin = provider(with(&cloud, json!({"client_id": null})), &[("PATH", &path)]).await;
    reads_all(&plugin).await;
    let (plans, said) = plugin.read("azposture_defender_plans", json!({})).await;
    assert!(plans.is_some() && errors(&said).is_empty(), "{said:#?}");
    let calls = fs::read_to_string(stub.path().join("calls")).unwrap();
    assert_eq!(calls.lines().count(), 1, "{calls}");
    assert!(calls.contains("account get-access-token") && calls.contains(&format!("--tenant {TENANT_ID}")), "{calls}");
    assert!(cloud.forms().is_empty());
}

#[tokio::test]
async fn without_azure_cli_the_next_step_is_named() {
    let cloud = cloud().await;
    let block = with(&cloud, json!({"client_id": null}));
    let (summary, detail) = refused(&provider(block, &[("PATH", "/nonexistent")]).await).await;
    assert_eq!(summary, "Sign-in failed");
    assert!(detail.contains("az was not found") && detail.contains("az login"), "{detail}");
}

#[tokio::test]
async fn a_token_request_whose_connection_breaks_is_made_again() {
    for effect in [Effect::Reset, Effect::GzipCut] {
        let trouble = Trouble::on("/oauth2/v2.0/token", effect).times(1);
        let cloud = FakeCloud::on(Tenant::demo()).with([trouble]).start().await;
        reads_all(&provider(cloud.block(), &[]).await).await;
        assert_eq!(cloud.seen_by(Role::Login).len(), 2, "{effect:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_does_not_answer_in_time_is_said_to_be_one() {
    for effect in [Effect::Silence, Effect::Stall] {
        let cloud = FakeCloud::on(Tenant::demo()).with([Trouble::on("/oauth2/v2.0/token", effect)]).start().await;
        let (summary, detail) =
            refused(&provider(with(&cloud, json!({"client_secret": SECRET, "request_timeout_seconds": 1})), &[]).await).await;
        assert_eq!(summary, "Sign-in failed");
        assert!(detail.contains("sign in with a client secret") && detail.contains("TimedOut"), "{detail}");
    }
}

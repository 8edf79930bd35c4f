//! Sign-in with Azure CLI, played by a shell script.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use azposture::azure::{Error, Kind, credential, credential::AzExecutor};
use azure_core::credentials::TokenCredential;

use super::support::{OTHER_TENANT, TENANT, jwt, token};
use crate::support::host::within;

struct Az(tempfile::TempDir);

impl Az {
    /// A folder with an `az` that logs its arguments and runs `script`.
    fn doing(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        let az = folder.path().join("az");
        fs::write(&az, format!("#!/bin/sh\necho \"$@\" >> {log}\n{script}\n")).unwrap();
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn printing(token: &str, expires_on: u64) -> Self {
        let answer = serde_json::json!({ "accessToken": token, "expires_on": expires_on, "tokenType": "Bearer", "tenant": "t" });
        Self::doing(&format!("cat <<'EOF'\n{answer}\nEOF"))
    }

    fn failing(words: &str) -> Self {
        Self::doing(&format!("cat >&2 <<'EOF'\nERROR: {words}\nEOF\nexit 1"))
    }

    fn credential(&self, tenant: Option<&str>) -> Arc<dyn TokenCredential> {
        with_path(self.0.path(), tenant, Duration::from_secs(30))
    }

    async fn failure(&self, tenant: Option<&str>) -> Error {
        token(&*self.credential(tenant)).await.unwrap_err()
    }

    fn log(&self) -> Vec<String> {
        fs::read_to_string(self.0.path().join("log")).unwrap().lines().map(str::to_owned).collect()
    }
}

fn with_path(folder: &Path, tenant: Option<&str>, timeout: Duration) -> Arc<dyn TokenCredential> {
    let path = format!("{}:/usr/bin:/bin", folder.display());
    credential::cli_with(tenant.map(str::to_owned), AzExecutor::new(timeout).with_path(path)).unwrap()
}

const FAR: u64 = 4_102_444_800;

#[tokio::test]
async fn az_is_asked_for_the_tenant_and_never_for_a_subscription() {
    let az = Az::printing(&jwt(TENANT), FAR);
    assert_eq!(token(&*az.credential(Some(TENANT))).await.unwrap().token.secret(), jwt(TENANT));
    let asked = format!("account get-access-token -o json --scope https://management.azure.com/.default --tenant {TENANT}");
    assert_eq!(az.log(), [asked]);
}

#[tokio::test]
async fn az_is_started_once_while_its_token_lasts() {
    let az = Az::printing("opaque", FAR);
    let credential = az.credential(None);
    let (one, other) = tokio::join!(token(&*credential), token(&*credential));
    assert!(one.is_ok() && other.is_ok() && token(&*credential).await.is_ok());
    assert_eq!(az.log().len(), 1);
}

/// As with a clock that is ahead. A token that really has ended is refused, and then az is asked again.
#[tokio::test]
async fn az_is_not_started_for_each_request_by_a_token_that_seems_to_have_ended() {
    let az = Az::printing("opaque", 60);
    let credential = az.credential(None);
    token(&*credential).await.unwrap();
    token(&*credential).await.unwrap();
    assert_eq!(az.log().len(), 1);
}

#[tokio::test]
async fn a_missing_az_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = token(&*with_path(folder.path(), None, Duration::from_secs(30))).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "AzNotFound"));
    assert!(error.advice().contains("Install Azure CLI"));
}

#[tokio::test]
async fn nobody_signed_in_asks_for_az_login_to_the_tenant() {
    let error = Az::failing("Please run 'az login' to setup account.").failure(Some(TENANT)).await;
    assert_eq!((error.code(), error.message()), ("AzNotSignedIn", "Please run 'az login' to setup account."));
    assert_eq!(error.advice(), format!("Run az login --tenant {TENANT}."));
}

#[tokio::test]
async fn an_old_az_asks_for_an_upgrade() {
    let old = Az::doing(r#"echo '{"accessToken":"T","tokenType":"Bearer"}'"#);
    assert_eq!(old.failure(None).await.code(), "AzTooOld");
    let older = Az::failing("az: error: unrecognized arguments: --scope https://management.azure.com/.default");
    assert_eq!(older.failure(None).await.code(), "AzTooOld");
}

#[tokio::test]
async fn entras_words_through_az_are_explained() {
    let error = Az::failing("AADSTS50076: Due to a configuration change you must use MFA. Trace ID: t").failure(None).await;
    assert_eq!(error.code(), "AADSTS50076");
    assert!(error.message().contains("multifactor") && !error.message().contains("Trace ID"), "{error}");
    assert!(error.advice().contains("az login --tenant <tenant id>"), "{}", error.advice());
    let error = Az::failing("AADSTS50076: MFA").failure(Some(TENANT)).await;
    assert!(error.advice().contains(&format!("az login --tenant {TENANT}")), "{}", error.advice());
}

#[tokio::test]
async fn a_token_of_another_tenant_names_the_login() {
    let error = Az::printing(&jwt(OTHER_TENANT), FAR).failure(Some(TENANT)).await;
    assert_eq!(error.code(), "WrongTenant");
    assert!(error.advice().contains(&format!("az login --tenant {TENANT}")));
}

#[tokio::test]
async fn an_az_that_prints_something_else_is_never_quoted() {
    let error = Az::doing("echo '\"eyJSECRET\"'").failure(None).await;
    assert_eq!(error.code(), "AzAnswer");
    assert!(!error.to_string().contains("eyJ"), "{error}");
}

#[tokio::test]
async fn any_other_failure_says_what_az_said() {
    let error = Az::failing("The disk is full").failure(None).await;
    assert_eq!((error.code(), error.message()), ("AzFailed", "The disk is full"));
    assert!(error.to_string().starts_with("Could not sign in with Azure CLI on this machine: AzFailed"), "{error}");
    let error = Az::failing("The disk is full").failure(Some(TENANT)).await;
    assert!(error.to_string().starts_with(&format!("Could not sign in with Azure CLI on tenant {TENANT}: ")), "{error}");
}

#[tokio::test]
async fn an_az_that_hangs_is_ended_with_what_it_has_started() {
    let az = Az::doing(r#"sleep 600 & echo $! > "$0.child"; wait"#);
    // The first try may end before the script has begun.
    let mut limits = [200, 2_000, 20_000].into_iter().map(Duration::from_millis);
    let child = loop {
        let error = token(&*with_path(az.0.path(), None, limits.next().unwrap())).await.unwrap_err();
        assert_eq!(error.code(), "AzTimedOut");
        if let Ok(child) = fs::read_to_string(az.0.path().join("az.child")) {
            break child;
        }
    };
    // A zombie has ended. Its state stands after its name, which is in parentheses.
    let runs = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    };
    within(async {
        while runs() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn az_reads_no_input() {
    let az = Az::doing("if read line; then exit 3; fi\necho 'ERROR: no input' >&2; exit 1");
    assert_eq!(az.failure(None).await.message(), "no input");
}

#[tokio::test]
async fn what_az_says_holds_no_token_and_can_be_told_without_people() {
    let secret = jwt(TENANT);
    let az = Az::failing(&format!("AADSTS50076: jane@contoso.com must use MFA, {secret}\nTrace ID: 1234-5678"));
    let error = az.failure(Some(TENANT)).await;
    assert!(error.message().contains("jane@contoso.com") && !error.message().contains("eyJ"), "{error}");
    let nameless = error.without_people();
    assert_eq!(nameless.message(), "The user must pass multifactor authentication first");
    let az = Az::failing("Something new about Jane Doe (jane@contoso.com)");
    let told = az.failure(Some(TENANT)).await.without_people().to_string();
    assert!(!told.to_lowercase().contains("jane") && told.contains("AzFailed"), "{told}");
}

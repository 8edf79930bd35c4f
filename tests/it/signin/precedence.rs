//! Configuration over variables, and which sign-in method is meant.

use std::{collections::BTreeSet, fs, time::Duration};

use azposture::azure::{
    Kind,
    inputs::Inputs,
    settings::{CertificateSource, Environment, Method, ResourceGraph, ScopeSetting, Sensitive},
};

use super::support::{CLIENT, OTHER_TENANT, SUBSCRIPTION, TENANT, application, method, resolve, shown};

const URL: &str = "https://pipeline.example/token";

fn word(inputs: &Inputs, variables: &[(&'static str, &str)]) -> &'static str {
    method(inputs, variables).unwrap().word()
}

fn secret() -> Option<Sensitive> {
    Some(Sensitive::new("S3CRET"))
}

#[test]
fn without_anything_azure_cli_is_used() {
    assert_eq!(word(&Inputs::default(), &[]), "cli");
    assert_eq!(word(&Inputs { tenant_id: Some(TENANT.into()), ..Inputs::default() }, &[]), "cli");
}

#[test]
fn methods_that_only_variables_name_are_taken_in_their_published_order() {
    let mut variables = vec![
        ("ARM_TENANT_ID", TENANT),
        ("ARM_CLIENT_ID", CLIENT),
        ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
        ("ARM_USE_AKS_WORKLOAD_IDENTITY", "1"),
        ("ARM_USE_MSI", "1"),
        ("ARM_USE_OIDC", "1"),
        ("ARM_CLIENT_CERTIFICATE_PATH", "Cargo.toml"),
        ("ARM_CLIENT_SECRET", "S3CRET"),
        ("ARM_OIDC_TOKEN", "S3CRET"),
        ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "connection"),
        ("ARM_OIDC_REQUEST_URL", URL),
        ("ARM_OIDC_REQUEST_TOKEN", "S3CRET"),
    ];
    let steps: [(&str, &[&str]); 8] = [
        ("client_certificate", &["ARM_CLIENT_CERTIFICATE_PATH"]),
        ("client_secret", &["ARM_CLIENT_SECRET"]),
        ("oidc_token", &["ARM_OIDC_TOKEN"]),
        ("oidc_azure_devops", &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"]),
        ("oidc_github", &["ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN"]),
        ("aks_workload_identity", &["ARM_USE_AKS_WORKLOAD_IDENTITY", "ARM_USE_OIDC"]),
        ("msi", &["ARM_USE_MSI", "ARM_CLIENT_ID"]),
        ("cli", &[]),
    ];
    for (method, without) in steps {
        assert_eq!(word(&Inputs::default(), &variables), method);
        variables.retain(|(name, _)| !without.contains(name));
    }
}

#[test]
fn a_half_configured_method_names_what_is_missing_and_where_the_rest_came_from() {
    let error =
        method(&Inputs { tenant_id: Some(TENANT.into()), ..Inputs::default() }, &[("ARM_CLIENT_SECRET", "S3CRET")]).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Configuration, "IncompleteSignIn"));
    assert!(error.message().contains("missing: client_id (or ARM_CLIENT_ID)"), "{error}");
    assert!(error.message().contains("given: tenant_id, ARM_CLIENT_SECRET"), "{error}");
    assert!(!shown(&error).contains("S3CRET"));
}

#[test]
fn a_half_configured_method_never_falls_through_to_a_complete_one() {
    let inputs = Inputs { client_certificate_password: secret(), ..application() };
    let error = method(&inputs, &[("ARM_CLIENT_SECRET", "S3CRET"), ("ARM_USE_MSI", "true")]).unwrap_err();
    assert!(error.message().contains("client_certificate_path"), "{error}");
}

#[test]
fn an_oidc_input_without_use_oidc_stops() {
    let error = method(&Inputs { oidc_token: secret(), ..application() }, &[]).unwrap_err();
    assert_eq!(error.code(), "OidcIsOff");
    let error = method(&application(), &[("ARM_OIDC_REQUEST_URL", URL)]).unwrap_err();
    assert!(error.message().contains("ARM_OIDC_REQUEST_URL"), "{error}");
}

#[test]
fn what_a_pipeline_sets_by_itself_does_not_stop_azure_cli() {
    let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", URL), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"), ("SYSTEM_ACCESSTOKEN", "t")];
    assert_eq!(word(&Inputs::default(), &variables), "cli");
}

#[test]
fn an_application_without_proof_stops_instead_of_using_azure_cli() {
    let error = method(&Inputs::default(), &[("ARM_CLIENT_ID", CLIENT)]).unwrap_err();
    assert!(error.message().starts_with("ARM_CLIENT_ID is set"), "{error}");
}

#[test]
fn with_every_method_off_that_is_said() {
    let error = method(&Inputs { use_cli: Some(false), ..Inputs::default() }, &[]).unwrap_err();
    assert_eq!(error.code(), "NoSignInMethod");
}

#[test]
fn oidc_in_github_without_the_permission_names_the_permission() {
    let error = method(&Inputs { use_oidc: Some(true), ..application() }, &[("GITHUB_ACTIONS", "true")]).unwrap_err();
    assert!(error.advice().contains("id-token: write"), "{}", error.advice());
}

#[test]
fn oidc_in_azure_devops_without_the_connection_names_the_connection() {
    let variables = [("TF_BUILD", "True"), ("SYSTEM_OIDCREQUESTURI", URL), ("SYSTEM_ACCESSTOKEN", "t")];
    let error = method(&Inputs { use_oidc: Some(true), ..application() }, &variables).unwrap_err();
    assert!(error.advice().contains("ado_pipeline_service_connection_id"), "{}", error.advice());
}

#[test]
fn azure_devops_takes_its_own_variables_and_names_a_missing_one() {
    let inputs = Inputs { use_oidc: Some(true), ado_pipeline_service_connection_id: Some("c".into()), ..application() };
    let variables = [
        ("SYSTEM_OIDCREQUESTURI", URL),
        ("SYSTEM_ACCESSTOKEN", "devops"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://other.example"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "actions"),
    ];
    match method(&inputs, &variables).unwrap() {
        Method::AzureDevOps { request_url, request_token, .. } => {
            assert_eq!((request_url.as_str(), request_token.reveal()), (URL, "devops"))
        }
        other => panic!("{}", other.word()),
    }
    let error = method(&inputs, &[("SYSTEM_OIDCREQUESTURI", URL)]).unwrap_err();
    assert!(error.message().contains("oidc_request_token (or SYSTEM_ACCESSTOKEN)"), "{error}");
}

#[test]
fn github_needs_url_and_token_together() {
    let inputs = Inputs { use_oidc: Some(true), ..application() };
    let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", URL), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
    assert_eq!(word(&inputs, &variables), "oidc_github");
    let error = method(&inputs, &variables[..1]).unwrap_err();
    assert!(error.message().contains("ACTIONS_ID_TOKEN_REQUEST_TOKEN"), "{error}");
}

#[test]
fn a_request_url_from_a_variable_must_be_https() {
    let inputs = Inputs { use_oidc: Some(true), ..application() };
    let error =
        method(&inputs, &[("ARM_OIDC_REQUEST_URL", "http://pipeline.example"), ("ARM_OIDC_REQUEST_TOKEN", "t")]).unwrap_err();
    assert_eq!(error.code(), "InvalidRequestUrl");
}

#[test]
fn aks_takes_what_the_webhook_sets_and_refuses_a_mismatch() {
    let variables = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT), ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token")];
    let inputs = Inputs { use_aks_workload_identity: Some(true), ..Inputs::default() };
    assert_eq!(word(&inputs, &variables), "aks_workload_identity");
    assert_eq!(resolve(&inputs, &variables).unwrap().tenant_id.as_deref(), Some(TENANT));
    let error = method(&Inputs { tenant_id: Some(OTHER_TENANT.into()), ..inputs.clone() }, &variables).unwrap_err();
    assert!(error.message().contains("tenant_id and AZURE_TENANT_ID"), "{error}");
    let error = method(&inputs, &variables[..2]).unwrap_err();
    assert!(error.message().contains("AZURE_FEDERATED_TOKEN_FILE"), "{error}");
}

#[test]
fn without_aks_its_variables_are_not_read() {
    let variables = [("AZURE_TENANT_ID", OTHER_TENANT), ("AZURE_CLIENT_ID", CLIENT), ("AZURE_FEDERATED_TOKEN_FILE", "/x")];
    assert_eq!(word(&Inputs::default(), &variables), "cli");
    assert_eq!(resolve(&Inputs::default(), &variables).unwrap().tenant_id, None);
}

#[test]
fn managed_identity_takes_an_optional_client_id() {
    let inputs = Inputs { use_msi: Some(true), ..Inputs::default() };
    assert!(matches!(method(&inputs, &[]).unwrap(), Method::ManagedIdentity { client_id: None }));
    match method(&inputs, &[("ARM_CLIENT_ID", CLIENT)]).unwrap() {
        Method::ManagedIdentity { client_id } => assert_eq!(client_id.as_deref(), Some(CLIENT)),
        other => panic!("{}", other.word()),
    }
}

#[test]
fn configuration_beats_variables_pair_by_pair() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "\u{feff} FILE \n").unwrap();
    let inputs = Inputs { client_secret_file_path: Some(file.display().to_string()), ..application() };
    match method(&inputs, &[("ARM_CLIENT_SECRET", "VARIABLE"), ("ARM_TENANT_ID", OTHER_TENANT)]).unwrap() {
        Method::Secret { secret, .. } => assert_eq!(secret.reveal(), "FILE"),
        other => panic!("{}", other.word()),
    }
    assert_eq!(resolve(&inputs, &[("ARM_TENANT_ID", OTHER_TENANT)]).unwrap().tenant_id.as_deref(), Some(TENANT));
}

#[test]
fn a_variable_and_the_file_of_a_variable_must_agree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "FILE").unwrap();
    let path = file.display().to_string();
    let error = method(&application(), &[("ARM_CLIENT_SECRET", "OTHER"), ("ARM_CLIENT_SECRET_FILE_PATH", &path)]).unwrap_err();
    assert_eq!(error.code(), "ConflictingInputs");
    assert!(error.message().contains("ARM_CLIENT_SECRET and ARM_CLIENT_SECRET_FILE_PATH") && !shown(&error).contains("OTHER"));
    assert_eq!(word(&application(), &[("ARM_CLIENT_SECRET", "FILE"), ("ARM_CLIENT_SECRET_FILE_PATH", &path)]), "client_secret");
}

#[test]
fn an_unreadable_file_of_a_variable_is_an_error_of_signing_in() {
    let error = method(&application(), &[("ARM_CLIENT_SECRET_FILE_PATH", "/nonexistent/azposture")]).unwrap_err();
    assert_eq!((error.code(), error.object()), ("UnreadableFile", "/nonexistent/azposture"));
}

#[test]
fn an_empty_variable_is_unset() {
    let empty = ["ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_USE_MSI", "ARM_TENANT_ID", "ARM_ENVIRONMENT", "ARM_SUBSCRIPTION_ID"];
    let variables: Vec<_> = empty.map(|name| (name, "  ")).to_vec();
    let settings = resolve(&Inputs::default(), &variables).unwrap();
    assert_eq!(settings.method.unwrap().word(), "cli");
    assert_eq!((settings.environment, settings.scope), (Environment::Public, ScopeSetting::Detect));
}

#[test]
fn a_malformed_boolean_variable_is_a_problem_that_names_it() {
    let problems = resolve(&Inputs::default(), &[("ARM_USE_OIDC", "yes")]).unwrap_err();
    assert_eq!((problems.len(), problems[0].argument), (1, None));
    assert!(problems[0].detail.contains("ARM_USE_OIDC"));
    assert!(resolve(&Inputs { use_oidc: Some(false), ..Inputs::default() }, &[("ARM_USE_OIDC", "yes")]).is_ok());
}

#[test]
fn a_certificate_comes_from_a_file_or_inline() {
    let file =
        method(&application(), &[("ARM_CLIENT_CERTIFICATE_PATH", "/x.pfx"), ("ARM_CLIENT_CERTIFICATE_PASSWORD", "pw")]).unwrap();
    assert!(matches!(file, Method::Certificate { source: CertificateSource::File(_), .. }));
    let inline = method(&Inputs { client_certificate: Some(Sensitive::new("YWJj")), ..application() }, &[]).unwrap();
    assert!(matches!(inline, Method::Certificate { source: CertificateSource::Inline(_), .. }));
}

#[test]
fn the_blanks_of_a_password_are_a_part_of_it() {
    const PASSWORD: &str = " p w\t";
    let written = Inputs { client_certificate_password: Some(Sensitive::new(PASSWORD)), ..application() };
    let path = ("ARM_CLIENT_CERTIFICATE_PATH", "/x.pfx");
    for found in [
        method(&written, &[path]).unwrap(),
        method(&application(), &[path, ("ARM_CLIENT_CERTIFICATE_PASSWORD", PASSWORD)]).unwrap(),
    ] {
        let Method::Certificate { password, .. } = found else { panic!("no certificate") };
        assert_eq!(password.reveal(), PASSWORD);
    }
}

#[test]
fn a_password_alone_does_not_stand_in_the_way_of_another_method() {
    let password = ("ARM_CLIENT_CERTIFICATE_PASSWORD", "pw");
    let with_secret = Inputs { client_secret: secret(), ..application() };
    assert_eq!(word(&with_secret, &[password]), "client_secret");
    assert_eq!(word(&Inputs { use_msi: Some(true), ..Inputs::default() }, &[password]), "msi");
    assert_eq!(word(&Inputs { use_cli: Some(true), ..Inputs::default() }, &[password]), "cli");
    assert_eq!(word(&Inputs::default(), &[password, ("ARM_USE_MSI", "1")]), "msi");
    // Else nobody asked for Azure CLI, and a secret without its tenant is not whole.
    for variables in [&[password][..], &[password, ("ARM_CLIENT_SECRET", "S3CRET")]] {
        let error = method(&Inputs::default(), variables).unwrap_err();
        assert!(shown(&error).contains("client_certificate_path"), "{error}");
    }
}

#[test]
fn an_oidc_file_is_kept_as_a_file() {
    let inputs = Inputs { use_oidc: Some(true), ..application() };
    assert!(matches!(method(&inputs, &[("ARM_OIDC_TOKEN_FILE_PATH", "/token")]).unwrap(), Method::OidcTokenFile { .. }));
}

#[test]
fn a_client_id_of_a_variable_must_be_a_guid() {
    let error = method(&Inputs::default(), &[("ARM_CLIENT_ID", "my-app"), ("ARM_USE_MSI", "1")]).unwrap_err();
    assert_eq!(error.code(), "InvalidClientId");
}

/// A secret in the place of something else must not end up in a log.
#[test]
fn a_value_that_may_be_a_secret_is_never_quoted() {
    const MISPLACED: &str = "sUp3r~S3cret";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, MISPLACED.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let said = |inputs: &Inputs, variables: &[(&'static str, &str)]| match resolve(inputs, variables) {
        Ok(settings) => super::support::shown(&settings.method.unwrap_err()),
        Err(problems) => format!("{problems:?}"),
    };
    let of_file = Inputs { client_id_file_path: Some(path), ..Inputs::default() };
    let arguments = [
        ("client_id", Inputs { client_id: Some(MISPLACED.into()), ..Inputs::default() }),
        ("tenant_id", Inputs { tenant_id: Some(MISPLACED.into()), ..Inputs::default() }),
        ("client_id_file_path", of_file),
    ];
    for (name, inputs) in &arguments {
        let text = said(inputs, &[]);
        assert!(text.contains(name) && text.contains("12 characters") && !text.contains(MISPLACED), "{text}");
    }
    for name in
        ["ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "ARM_ENVIRONMENT", "ARM_METADATA_HOSTNAME", "ARM_USE_MSI"]
    {
        let text = said(&Inputs::default(), &[(name, MISPLACED)]);
        assert!(text.contains(name) && text.contains("12 characters") && !text.contains(MISPLACED), "{text}");
    }
}

#[test]
fn the_scope_is_lower_case_and_comes_from_one_argument() {
    let upper = SUBSCRIPTION.to_uppercase();
    let one = BTreeSet::from([SUBSCRIPTION.to_owned()]);
    let scope = |inputs: Inputs| resolve(&inputs, &[]).unwrap().scope;
    assert_eq!(
        scope(Inputs { subscription_id: Some(upper.clone()), ..Inputs::default() }),
        ScopeSetting::Subscriptions(one.clone())
    );
    let several = Inputs { subscription_ids: Some(BTreeSet::from([upper])), ..Inputs::default() };
    assert_eq!(scope(several), ScopeSetting::Subscriptions(one));
    let group = "/providers/Microsoft.Management/managementGroups/mg-production".to_owned();
    let group = Inputs { management_group_id: Some(group), ..Inputs::default() };
    assert_eq!(scope(group), ScopeSetting::ManagementGroup("mg-production".into()));
    assert_eq!(scope(Inputs { tenant_wide: Some(true), ..Inputs::default() }), ScopeSetting::Tenant);
}

#[test]
fn arm_subscription_id_counts_only_without_a_scope_argument() {
    let variables = [("ARM_SUBSCRIPTION_ID", SUBSCRIPTION)];
    let scope = |inputs: Inputs| resolve(&inputs, &variables).unwrap().scope;
    assert_eq!(scope(Inputs::default()), ScopeSetting::Subscriptions(BTreeSet::from([SUBSCRIPTION.to_owned()])));
    assert_eq!(scope(Inputs { tenant_wide: Some(true), ..Inputs::default() }), ScopeSetting::Tenant);
    let problems = resolve(&Inputs::default(), &[("ARM_SUBSCRIPTION_ID", "Production")]).unwrap_err();
    assert!(problems[0].summary.contains("ARM_SUBSCRIPTION_ID"));
}

#[test]
fn the_cloud_comes_from_the_configuration_then_from_variables() {
    let cloud = |inputs: &Inputs, variables: &[(&'static str, &str)]| resolve(inputs, variables).unwrap().environment;
    let dod = Inputs { environment: Some("usgovernmentl5".into()), ..Inputs::default() };
    assert_eq!(cloud(&dod, &[("ARM_ENVIRONMENT", "china")]), Environment::Dod);
    assert_eq!(cloud(&dod, &[("ARM_METADATA_HOSTNAME", "cloud.example")]), Environment::Dod);
    assert_eq!(cloud(&Inputs::default(), &[("ARM_ENVIRONMENT", "gcchigh")]), Environment::UsGovernment);
    let custom = Environment::Custom { metadata_host: "cloud.example".into() };
    assert_eq!(cloud(&Inputs::default(), &[("ARM_METADATA_HOSTNAME", "cloud.example")]), custom);
}

#[test]
fn cloud_variables_that_cannot_be_meant_are_problems() {
    let wrong: [&[(&'static str, &str)]; 4] = [
        &[("ARM_ENVIRONMENT", "azure")],
        &[("ARM_ENVIRONMENT", "demo")],
        &[("ARM_METADATA_HOSTNAME", "https://cloud.example")],
        &[("ARM_ENVIRONMENT", "public"), ("ARM_METADATA_HOSTNAME", "cloud.example")],
    ];
    for variables in wrong {
        assert_eq!(resolve(&Inputs::default(), variables).unwrap_err().len(), 1, "{variables:?}");
    }
    let told = |word| resolve(&Inputs::default(), &[("ARM_ENVIRONMENT", word)]).unwrap_err()[0].detail.clone();
    let words = "public, global, usgovernment, usgovernmentl4, gcchigh, dod, usgovernmentl5, china.";
    assert!(told("azure").ends_with(&format!("Allowed: {words}")), "demo cannot stand there: {}", told("azure"));
    let problems = resolve(&Inputs::default(), &[("ARM_TENANT_ID", "common")]).unwrap_err();
    assert!(problems[0].summary.contains("ARM_TENANT_ID"));
}

#[test]
fn the_demo_tenant_reads_no_variable() {
    let variables = [("ARM_CLIENT_SECRET", "s"), ("ARM_SUBSCRIPTION_ID", SUBSCRIPTION), ("ARM_USE_MSI", "nonsense")];
    let settings = resolve(&Inputs { environment: Some("demo".into()), ..Inputs::default() }, &variables).unwrap();
    assert_eq!(settings.method.unwrap().word(), "demo");
    assert_eq!((settings.environment, settings.scope), (Environment::Demo, ScopeSetting::Tenant));
}

#[test]
fn the_rest_is_taken_over_as_written() {
    let inputs = Inputs {
        resource_graph: Some("never".into()),
        max_concurrency: Some(3),
        request_timeout_seconds: Some(5),
        operation_timeout_seconds: Some(70),
        max_retry_wait_seconds: Some(9),
        ..Inputs::default()
    };
    let settings = resolve(&inputs, &[]).unwrap();
    assert_eq!((settings.resource_graph, settings.limits.max_concurrency), (ResourceGraph::Never, 3));
    let seconds = [settings.limits.request_timeout, settings.limits.operation_timeout, settings.limits.max_retry_wait];
    assert_eq!(seconds, [5, 70, 9].map(Duration::from_secs));
}

#[test]
fn contradictions_in_the_text_stop_resolving_too() {
    assert!(resolve(&Inputs { tenant_wide: Some(false), ..Inputs::default() }, &[]).is_err());
}

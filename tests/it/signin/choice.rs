//! The method is chosen as a whole: block × variables × method, with what is used or what is said.

use azposture::azure::{
    Error,
    inputs::Inputs,
    settings::{CertificateSource, Method, Sensitive, Settings, SignInSource},
};

use super::support::{CLIENT, OTHER_TENANT, TENANT, application, method, resolve, shown};

/// The client id of the variables, another one than the block's.
const LEFT_OVER: &str = "7d1e1c22-6c1e-4f2b-9d55-0123456789ab";
const URL: &str = "https://pipeline.example/token";
/// In every value of the block that proves something; `VARIABLE` in those of the variables.
const BLOCK: &str = "BLOCK";
const VARIABLE: &str = "VARIABLE";

type Variables = Vec<(&'static str, &'static str)>;

fn planted(text: &str) -> Option<Sensitive> {
    Some(Sensitive::new(text))
}

/// Each method as a block writes it, without tenant and client id.
fn blocks() -> Vec<(&'static str, Inputs)> {
    let none = Inputs::default;
    vec![
        ("client_certificate", Inputs { client_certificate_path: Some("/BLOCK.pfx".into()), ..none() }),
        ("client_certificate", Inputs { client_certificate: planted("QkxPQ0s="), ..none() }),
        ("client_secret", Inputs { client_secret: planted(BLOCK), ..none() }),
        ("oidc_token", Inputs { use_oidc: Some(true), oidc_token: planted(BLOCK), ..none() }),
        ("oidc_token", Inputs { use_oidc: Some(true), oidc_token_file_path: Some("/BLOCK".into()), ..none() }),
        (
            "oidc_azure_devops",
            Inputs {
                use_oidc: Some(true),
                ado_pipeline_service_connection_id: Some(BLOCK.into()),
                oidc_request_url: Some(URL.into()),
                oidc_request_token: planted(BLOCK),
                ..none()
            },
        ),
        (
            "oidc_github",
            Inputs { use_oidc: Some(true), oidc_request_url: Some(URL.into()), oidc_request_token: planted(BLOCK), ..none() },
        ),
        (
            "aks_workload_identity",
            Inputs { use_aks_workload_identity: Some(true), oidc_token_file_path: Some("/BLOCK".into()), ..none() },
        ),
        ("msi", Inputs { use_msi: Some(true), ..none() }),
        ("cli", Inputs { use_cli: Some(true), ..none() }),
    ]
}

/// What may be left over in the environment, each by itself.
fn left_over() -> Vec<Variables> {
    vec![
        vec![("ARM_CLIENT_CERTIFICATE_PATH", "/VARIABLE.pfx"), ("ARM_CLIENT_CERTIFICATE_PASSWORD", VARIABLE)],
        vec![("ARM_CLIENT_SECRET", VARIABLE)],
        vec![("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", VARIABLE)],
        vec![("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", VARIABLE)],
        vec![("ARM_OIDC_REQUEST_URL", URL), ("ARM_OIDC_REQUEST_TOKEN", VARIABLE)],
        vec![("ARM_USE_AKS_WORKLOAD_IDENTITY", "true")],
        vec![("ARM_USE_MSI", "true"), ("ARM_USE_CLI", "true")],
        vec![("ARM_CLIENT_ID", LEFT_OVER)],
        vec![("ARM_TENANT_ID", OTHER_TENANT)],
    ]
}

/// Every choice of these.
fn subsets<T: Clone>(all: &[Vec<T>]) -> Vec<Vec<T>> {
    (0..1_u32 << all.len())
        .map(|bits| all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).flat_map(|(_, one)| one.clone()).collect())
        .collect()
}

/// The client id, and all that proves it.
fn identity(method: &Method) -> (Option<&str>, Vec<String>) {
    let file = |path: &std::path::Path| path.display().to_string();
    match method {
        Method::Certificate { client_id, source, password } => {
            let source = match source {
                CertificateSource::File(path) => file(path),
                CertificateSource::Inline(_) => BLOCK.to_owned(),
            };
            (Some(client_id), vec![source, password.reveal().to_owned()])
        }
        Method::Secret { client_id, secret } => (Some(client_id), vec![secret.reveal().to_owned()]),
        Method::OidcToken { client_id, token } => (Some(client_id), vec![token.reveal().to_owned()]),
        Method::OidcTokenFile { client_id, file: path } | Method::AksWorkloadIdentity { client_id, token_file: path } => {
            (Some(client_id), vec![file(path)])
        }
        Method::AzureDevOps { client_id, service_connection_id, request_token, .. } => {
            (Some(client_id), vec![service_connection_id.clone(), request_token.reveal().to_owned()])
        }
        Method::GitHub { client_id, request_token, .. } => (Some(client_id), vec![request_token.reveal().to_owned()]),
        Method::ManagedIdentity { client_id } => (client_id.as_deref(), vec![]),
        Method::Cli | Method::Demo => (None, vec![]),
    }
}

fn outcome(inputs: &Inputs, variables: &Variables) -> (Settings, Result<Method, Error>) {
    let settings = resolve(inputs, variables).unwrap_or_else(|problems| panic!("{problems:?} with {variables:?}"));
    let method = settings.method.clone();
    (settings, method)
}

#[test]
fn whatever_is_left_over_in_variables_the_method_of_the_block_signs_in_with_what_the_block_wrote() {
    for (word, inputs) in blocks() {
        let takes_client = word != "cli";
        let client_id = takes_client.then(|| CLIENT.to_owned());
        let inputs = Inputs { tenant_id: Some(TENANT.into()), client_id, ..inputs };
        for variables in subsets(&left_over()) {
            let (settings, method) = outcome(&inputs, &variables);
            let method = method.unwrap_or_else(|error| panic!("{word} with {variables:?}: {}", shown(&error)));
            let (client, proofs) = identity(&method);
            assert_eq!((method.word(), settings.sign_in_source), (word, SignInSource::Block), "{variables:?}");
            assert_eq!(
                (client, settings.tenant_id.as_deref()),
                (takes_client.then_some(CLIENT), Some(TENANT)),
                "{word}: {variables:?}"
            );
            let foreign = proofs.iter().any(|proof| proof.contains(VARIABLE));
            let own_certificate = variables.iter().any(|(name, _)| name.starts_with("ARM_CLIENT_CERTIFICATE_PATH"));
            assert!(!foreign || !own_certificate && word == "client_certificate", "{word}: {variables:?}");
        }
    }
}

#[test]
fn an_id_and_a_proof_are_never_those_of_two_identities() {
    let mut blocks: Vec<Inputs> = blocks().into_iter().map(|(_, inputs)| inputs).collect();
    blocks.push(Inputs::default());
    blocks.push(Inputs { use_oidc: Some(true), ..Inputs::default() });
    blocks.push(Inputs { client_certificate_password: planted("p"), ..Inputs::default() });
    let ids = [(None, None), (Some(TENANT), None), (None, Some(CLIENT)), (Some(TENANT), Some(CLIENT))];
    let mut used = 0;
    for inputs in &blocks {
        for (tenant, client) in ids {
            let inputs = Inputs { tenant_id: tenant.map(str::to_owned), client_id: client.map(str::to_owned), ..inputs.clone() };
            for variables in subsets(&left_over()) {
                let Ok(method) = outcome(&inputs, &variables).1 else { continue };
                used += 1;
                let has = |name: &str| variables.iter().any(|(own, _)| *own == name);
                let (client, proofs) = identity(&method);
                let of_variables = proofs.iter().any(|proof| proof.contains(VARIABLE));
                let is_requested = matches!(method, Method::GitHub { .. });
                // An id of the block meets a proof of the variables only where the variables name no other identity.
                if client == Some(CLIENT) && of_variables && !is_requested {
                    let own_tenant = has("ARM_TENANT_ID") && tenant.is_some();
                    assert!(!has("ARM_CLIENT_ID") && !own_tenant, "{} with {variables:?}", method.word());
                }
                // An id of the variables meets a proof of the block only where the variables have none for it.
                if client == Some(LEFT_OVER) && proofs.iter().any(|proof| proof.contains(BLOCK)) {
                    let own = ["ARM_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_SECRET", "ARM_OIDC_TOKEN"];
                    let own = own.into_iter().chain(["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"]).find(|name| has(name));
                    assert_eq!(own, None, "{} with {variables:?}", method.word());
                }
            }
        }
    }
    assert!(used > 3000, "{used} sign-ins were possible");
}

#[test]
fn two_methods_in_one_block_are_an_error_that_names_both() {
    let named = [
        ("client_certificate_path", blocks().remove(0).1),
        ("client_secret", blocks().remove(2).1),
        ("oidc_token", blocks().remove(3).1),
        ("ado_pipeline_service_connection_id", blocks().remove(5).1),
        ("oidc_request_url", blocks().remove(6).1),
        ("use_aks_workload_identity", Inputs { use_aks_workload_identity: Some(true), ..Inputs::default() }),
        ("use_msi", blocks().remove(8).1),
        ("use_cli", blocks().remove(9).1),
    ];
    for (at, (one, first)) in named.iter().enumerate() {
        for (other, second) in &named[at + 1..] {
            if (*one, *other) == ("ado_pipeline_service_connection_id", "oidc_request_url") {
                continue; // One method: the request is how the service connection gets its token.
            }
            let problems = both(first, second).problems();
            let [problem] = problems.as_slice() else { panic!("{one} and {other}: {problems:?}") };
            assert_eq!((problem.argument, problem.summary.as_str()), (Some(*other), "Conflicting arguments"));
            assert!(problem.detail.starts_with(&format!("{one} and {other} are both set")), "{}", problem.detail);
            assert!(!problem.detail.contains(BLOCK), "{}", problem.detail);
        }
    }
    let oidc_and_aks = Inputs { use_oidc: Some(true), use_aks_workload_identity: Some(true), ..Inputs::default() };
    assert!(oidc_and_aks.problems()[0].detail.starts_with("use_oidc and use_aks_workload_identity are both set"));
    let off = Inputs { use_msi: Some(false), use_cli: Some(false), client_secret: planted(BLOCK), ..application() };
    assert_eq!(off.problems(), [], "a switch that is off names nothing");
}

fn both(one: &Inputs, other: &Inputs) -> Inputs {
    let text = |one: &Option<String>, other: &Option<String>| one.clone().or(other.clone());
    let secret = |one: &Option<Sensitive>, other: &Option<Sensitive>| one.clone().or(other.clone());
    Inputs {
        client_certificate_path: text(&one.client_certificate_path, &other.client_certificate_path),
        client_secret: secret(&one.client_secret, &other.client_secret),
        use_oidc: one.use_oidc.or(other.use_oidc),
        oidc_token: secret(&one.oidc_token, &other.oidc_token),
        ado_pipeline_service_connection_id: text(
            &one.ado_pipeline_service_connection_id,
            &other.ado_pipeline_service_connection_id,
        ),
        oidc_request_url: text(&one.oidc_request_url, &other.oidc_request_url),
        oidc_request_token: secret(&one.oidc_request_token, &other.oidc_request_token),
        use_aks_workload_identity: one.use_aks_workload_identity.or(other.use_aks_workload_identity),
        use_msi: one.use_msi.or(other.use_msi),
        use_cli: one.use_cli.or(other.use_cli),
        ..application()
    }
}

/// The method with its client id, or the code and a part of the error.
type Expected = Result<(&'static str, Option<&'static str>), (&'static str, &'static str)>;

/// What it is about, what is written, what the variables hold, and what comes of it.
type Case<'a> = (&'a str, Inputs, &'a [(&'static str, &'a str)], Expected);

#[test]
fn single_cases_of_the_choice() {
    let secret = || Inputs { client_secret: planted(BLOCK), ..Inputs::default() };
    let tenant = || Inputs { tenant_id: Some(TENANT.into()), ..Inputs::default() };
    let oidc = || Inputs { use_oidc: Some(true), ..application() };
    let whole = [("ARM_TENANT_ID", TENANT), ("ARM_CLIENT_ID", CLIENT), ("ARM_CLIENT_SECRET", VARIABLE)];
    let theirs = [("ARM_TENANT_ID", TENANT), ("ARM_CLIENT_ID", LEFT_OVER), ("ARM_CLIENT_SECRET", VARIABLE)];
    let ids = &theirs[..2];
    let pipeline = [("ACTIONS_ID_TOKEN_REQUEST_URL", URL), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"), ("ARM_CLIENT_ID", LEFT_OVER)];
    let cases: Vec<Case<'_>> = vec![
        ("all of it in variables", Inputs::default(), &whole, Ok(("client_secret", Some(CLIENT)))),
        ("ids that agree", application(), &whole, Ok(("client_secret", Some(CLIENT)))),
        (
            "another client id",
            application(),
            &theirs,
            Err((
                "MixedIdentities",
                "client_id and ARM_CLIENT_SECRET are not of the same identity: ARM_CLIENT_ID is another client id",
            )),
        ),
        ("ids of nobody else", application(), &theirs[2..], Ok(("client_secret", Some(CLIENT)))),
        (
            "another tenant",
            application(),
            &[("ARM_TENANT_ID", OTHER_TENANT), ("ARM_CLIENT_SECRET", VARIABLE)],
            Err(("MixedIdentities", "may not be of the same identity: ARM_TENANT_ID and tenant_id are written differently")),
        ),
        ("one identity in several tenants", tenant(), &theirs, Ok(("client_secret", Some(LEFT_OVER)))),
        ("the id alone in variables", secret(), ids, Ok(("client_secret", Some(LEFT_OVER)))),
        (
            "the id and a proof of its own in variables",
            secret(),
            &theirs,
            Err(("MixedIdentities", "ARM_CLIENT_ID and client_secret are not of the same identity: ARM_CLIENT_SECRET proves")),
        ),
        (
            "the same secret twice",
            secret(),
            &[("ARM_TENANT_ID", TENANT), ("ARM_CLIENT_ID", LEFT_OVER), ("ARM_CLIENT_SECRET", BLOCK)],
            Ok(("client_secret", Some(LEFT_OVER))),
        ),
        (
            "half a method",
            secret(),
            &[("ARM_USE_MSI", "true")],
            Err(("IncompleteSignIn", "missing: tenant_id (or ARM_TENANT_ID)")),
        ),
        ("a switch without anything", oidc(), &theirs[2..], Err(("IncompleteSignIn", "use_oidc is on"))),
        ("the workflow proves itself as the application it names", oidc(), &pipeline, Ok(("oidc_github", Some(CLIENT)))),
        (
            "a token that was issued for another application",
            oidc(),
            &[("ARM_OIDC_TOKEN", VARIABLE), ("ARM_CLIENT_ID", LEFT_OVER)],
            Err(("MixedIdentities", "client_id and ARM_OIDC_TOKEN")),
        ),
        ("the machine's own identity", Inputs { use_msi: Some(true), ..Inputs::default() }, &theirs, Ok(("msi", None))),
        ("a user-assigned identity", Inputs { use_msi: Some(true), ..Inputs::default() }, ids, Ok(("msi", Some(LEFT_OVER)))),
        ("Azure CLI in so many words", Inputs { use_cli: Some(true), ..Inputs::default() }, &theirs, Ok(("cli", None))),
        (
            "Azure CLI for an application",
            Inputs { use_cli: Some(true), ..application() },
            &[],
            Err(("IncompleteSignIn", "client_id is set")),
        ),
        (
            "a token without its switch",
            Inputs { oidc_token: planted(BLOCK), ..application() },
            &[],
            Err(("OidcIsOff", "oidc_token is set")),
        ),
        (
            "a token whose switch is a variable",
            Inputs { oidc_token: planted(BLOCK), ..application() },
            &[("ARM_USE_OIDC", "1"), ("ARM_USE_MSI", "1")],
            Ok(("oidc_token", Some(CLIENT))),
        ),
        (
            "the token file of a pod",
            Inputs { oidc_token_file_path: Some("/BLOCK".into()), ..application() },
            &[("ARM_USE_AKS_WORKLOAD_IDENTITY", "1"), ("ARM_CLIENT_SECRET", VARIABLE)],
            Ok(("aks_workload_identity", Some(CLIENT))),
        ),
        (
            "a token file that is not the pod's",
            Inputs { use_aks_workload_identity: Some(true), ..application() },
            &[("ARM_OIDC_TOKEN_FILE_PATH", "/VARIABLE"), ("AZURE_FEDERATED_TOKEN_FILE", "/pod")],
            Err(("ConflictingInputs", "ARM_OIDC_TOKEN_FILE_PATH and AZURE_FEDERATED_TOKEN_FILE")),
        ),
        (
            "a method the block switches off",
            Inputs { use_msi: Some(false), ..Inputs::default() },
            &[("ARM_USE_MSI", "true")],
            Ok(("cli", None)),
        ),
    ];
    for (what, inputs, variables, expected) in cases {
        match (method(&inputs, variables), expected) {
            (Ok(found), Ok(expected)) => assert_eq!((found.word(), identity(&found).0), expected, "{what}"),
            (Err(error), Err((code, part))) => {
                assert!(error.code() == code && error.message().contains(part), "{what}: {}", shown(&error));
                assert!(!shown(&error).contains(VARIABLE) && !shown(&error).contains(BLOCK), "{what}: {}", shown(&error));
            }
            (found, expected) => panic!("{what}: {found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn azure_cli_is_not_asked_for_the_tenant_of_an_application_in_variables() {
    let tenant = ("ARM_TENANT_ID", OTHER_TENANT);
    let cli =
        |tenant_id: Option<&str>| Inputs { tenant_id: tenant_id.map(str::to_owned), use_cli: Some(true), ..Inputs::default() };
    let of = |inputs: &Inputs, variables: &Variables| {
        let (settings, method) = outcome(inputs, variables);
        assert_eq!(method.unwrap().word(), "cli", "{variables:?}");
        settings.tenant_id
    };
    let foreign: Vec<Variables> = vec![
        vec![("ARM_CLIENT_ID", LEFT_OVER)],
        vec![("ARM_CLIENT_ID_FILE_PATH", "/VARIABLE")],
        vec![("ARM_CLIENT_SECRET", VARIABLE)],
        vec![("ARM_OIDC_REQUEST_URL", URL)],
        vec![("ARM_CLIENT_ID", LEFT_OVER), ("ARM_CLIENT_SECRET", VARIABLE)],
    ];
    for mut variables in foreign {
        variables.push(tenant);
        assert_eq!(of(&cli(None), &variables), None, "{variables:?}");
        assert_eq!(of(&cli(Some(TENANT)), &variables).as_deref(), Some(TENANT), "{variables:?}");
    }
    assert_eq!(of(&cli(None), &vec![tenant]).as_deref(), Some(OTHER_TENANT), "a tenant alone is nobody else's");
    let default = outcome(&Inputs::default(), &vec![tenant]).0;
    assert_eq!(default.tenant_id.as_deref(), Some(OTHER_TENANT), "a block that names nothing takes the variables as they are");
}

#[test]
fn the_client_id_of_an_application_in_variables_is_no_user_assigned_identity() {
    let msi = Inputs { use_msi: Some(true), ..Inputs::default() };
    let client = |more: &[(&'static str, &'static str)]| {
        let variables: Variables = [&[("ARM_CLIENT_ID", LEFT_OVER)], more].concat();
        let method = outcome(&msi, &variables).1.unwrap();
        assert_eq!(method.word(), "msi", "{variables:?}");
        identity(&method).0.map(str::to_owned)
    };
    let url = ("ACTIONS_ID_TOKEN_REQUEST_URL", URL);
    let token = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", VARIABLE);
    let file = ("AZURE_FEDERATED_TOKEN_FILE", "/VARIABLE");
    for application in [
        &[("ARM_CLIENT_SECRET", VARIABLE)][..],
        &[("ARM_OIDC_REQUEST_URL", URL)],
        &[("ARM_OIDC_REQUEST_TOKEN", VARIABLE)],
        &[("ARM_USE_OIDC", "true"), url, token],
        &[("ARM_USE_AKS_WORKLOAD_IDENTITY", "true"), file],
    ] {
        assert_eq!(client(application), None, "{application:?}");
    }
    // A job that may ask for an identity token need not sign in to Azure with it, and a pod may use the identity of its node.
    for other in [&[][..], &[url, token], &[file], &[("ARM_USE_OIDC", "false"), url, token]] {
        assert_eq!(client(other).as_deref(), Some(LEFT_OVER), "{other:?}");
    }
    let written = Inputs { client_id: Some(CLIENT.into()), ..msi.clone() };
    let method = outcome(&written, &vec![("ARM_CLIENT_ID", LEFT_OVER), ("ARM_OIDC_REQUEST_URL", URL)]).1.unwrap();
    assert_eq!(identity(&method).0, Some(CLIENT));
}

#[test]
fn what_only_variables_name_comes_from_the_environment_and_so_does_azure_cli_by_default() {
    let source = |inputs: Inputs, variables: &[(&'static str, &str)]| resolve(&inputs, variables).unwrap().sign_in_source.word();
    assert_eq!(source(application(), &[("ARM_CLIENT_SECRET", VARIABLE)]), "environment");
    assert_eq!(source(Inputs::default(), &[]), "environment");
    assert_eq!(source(Inputs { client_secret: planted(BLOCK), ..application() }, &[]), "block");
    assert_eq!(source(Inputs { environment: Some("demo".into()), ..Inputs::default() }, &[]), "block");
}

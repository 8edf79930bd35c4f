//! What cannot be meant in the provider block, found in its text alone.

use std::{fs, ops::RangeInclusive};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Inputs, Problem, method::read_trimmed, named, shape};
use crate::{
    azure::settings::{Environment, Sensitive},
    text::quoted,
};

/// All contradictions, in the order of the arguments.
pub(super) fn problems(inputs: &Inputs) -> Vec<Problem> {
    let mut found = Vec::new();
    empty_texts(inputs, &mut found);
    cloud(inputs, &mut found);
    demo(inputs, &mut found);
    methods(inputs, &mut found);
    ids(inputs, &mut found);
    pairs(inputs, &mut found);
    request(inputs, &mut found);
    scope(inputs, &mut found);
    exclusions(inputs, &mut found);
    numbers(inputs, &mut found);
    trust(inputs, &mut found);
    found
}

/// The words of `environment`, for messages; a variable cannot name the demo tenant.
pub(super) fn environment_words(of_variable: bool) -> String {
    let is_allowed = |word: &&str| !of_variable || Environment::from_word(word) != Some(Environment::Demo);
    Environment::WORDS.into_iter().filter(is_allowed).collect::<Vec<_>>().join(", ")
}

/// Base64 as people paste it: line breaks and spaces do not count. None if it is not base64.
pub(super) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.split_whitespace().collect::<String>()).ok()
}

fn sign_in_texts(inputs: &Inputs) -> [(&'static str, Option<&str>); 13] {
    [
        ("tenant_id", inputs.tenant_id.as_deref()),
        ("client_id", inputs.client_id.as_deref()),
        ("client_id_file_path", inputs.client_id_file_path.as_deref()),
        ("client_secret", inputs.client_secret.as_ref().map(Sensitive::reveal)),
        ("client_secret_file_path", inputs.client_secret_file_path.as_deref()),
        ("client_certificate", inputs.client_certificate.as_ref().map(Sensitive::reveal)),
        ("client_certificate_path", inputs.client_certificate_path.as_deref()),
        ("client_certificate_password", inputs.client_certificate_password.as_ref().map(Sensitive::reveal)),
        ("oidc_token", inputs.oidc_token.as_ref().map(Sensitive::reveal)),
        ("oidc_token_file_path", inputs.oidc_token_file_path.as_deref()),
        ("oidc_request_url", inputs.oidc_request_url.as_deref()),
        ("oidc_request_token", inputs.oidc_request_token.as_ref().map(Sensitive::reveal)),
        ("ado_pipeline_service_connection_id", inputs.ado_pipeline_service_connection_id.as_deref()),
    ]
}

fn empty_texts(inputs: &Inputs, found: &mut Vec<Problem>) {
    let others = [
        ("environment", inputs.environment.as_deref()),
        ("metadata_host", inputs.metadata_host.as_deref()),
        ("subscription_id", inputs.subscription_id.as_deref()),
        ("management_group_id", inputs.management_group_id.as_deref()),
        ("resource_graph", inputs.resource_graph.as_deref()),
        ("ca_certificate_file", inputs.ca_certificate_file.as_deref()),
    ];
    for (argument, text) in sign_in_texts(inputs).into_iter().chain(others) {
        if text.is_some_and(|text| text.trim().is_empty()) {
            found.push(Problem::of(
                argument,
                format!("Empty {argument}"),
                format!("{argument} is an empty string. Leave it out (or null) to mean \"not given\"."),
            ));
        }
    }
}

fn cloud(inputs: &Inputs, found: &mut Vec<Problem>) {
    if let Some(word) = written(&inputs.environment)
        && Environment::from_word(word).is_none()
    {
        let detail = match Environment::of_azures_name(word) {
            Some(advice) => format!("environment is {}. {advice}", quoted(word)),
            None => format!("environment is {}. Allowed: {}.", quoted(word), environment_words(false)),
        };
        found.push(Problem::of("environment", "Unknown value", detail));
    }
    let Some(host) = written(&inputs.metadata_host) else { return };
    if inputs.environment.is_some() {
        found.push(Problem::of(
            "metadata_host",
            "Conflicting arguments",
            "environment names a known cloud and metadata_host a custom one. Keep one of them.",
        ));
    }
    if !shape::is_host(host) {
        found.push(Problem::of(
            "metadata_host",
            "Invalid metadata_host",
            format!(
                "metadata_host is {}. Give a host name with an optional port, without https:// and without a path.",
                quoted(host)
            ),
        ));
    }
}

fn demo(inputs: &Inputs, found: &mut Vec<Problem>) {
    if !inputs.is_demo() {
        return;
    }
    let switches = [
        ("use_oidc", inputs.use_oidc.is_some()),
        ("use_aks_workload_identity", inputs.use_aks_workload_identity.is_some()),
        ("use_msi", inputs.use_msi.is_some()),
        ("use_cli", inputs.use_cli.is_some()),
        ("subscription_id", inputs.subscription_id.is_some()),
        ("management_group_id", inputs.management_group_id.is_some()),
        ("tenant_wide", inputs.tenant_wide.is_some()),
    ];
    let texts = sign_in_texts(inputs).map(|(argument, text)| (argument, text.is_some()));
    for (argument, _) in texts.into_iter().chain(switches).filter(|(_, given)| *given) {
        found.push(Problem::of(
            argument,
            "Not allowed with the demo tenant",
            format!(
                "environment = \"demo\" is the embedded tenant: it needs no sign-in, and of the scope arguments only subscription_ids \
                 and the exclude arguments narrow it. Remove {argument}, or name a real cloud."
            ),
        ));
    }
}

/// A block signs in one way. The demo tenant has refused every one of these arguments already.
fn methods(inputs: &Inputs, found: &mut Vec<Problem>) {
    let [(one, by_one), (other, by_other), ..] = named::in_block(inputs)[..] else { return };
    if inputs.is_demo() {
        return;
    }
    let (one, other) = (one.words(), other.words());
    found.push(Problem::of(
        by_other,
        "Conflicting arguments",
        format!(
            "{by_one} and {by_other} are both set, and name two ways to sign in: {one} and {other}. Keep one of them, and use provider \
             aliases for several."
        ),
    ));
}

fn ids(inputs: &Inputs, found: &mut Vec<Problem>) {
    if let Some(fault) = written(&inputs.tenant_id).and_then(shape::tenant_fault) {
        found.push(Problem::of("tenant_id", "Invalid tenant_id", fault));
    }
    if let Some(id) = written(&inputs.client_id).filter(|id| !shape::is_guid(id.trim())) {
        found.push(Problem::of(
            "client_id",
            "Invalid client_id",
            format!(
                "client_id holds {}, which are not a GUID. Use the Application (client) ID of the app registration.",
                shape::unquoted(id)
            ),
        ));
    }
    if let Some(id) = written(&inputs.subscription_id).filter(|id| !shape::is_guid(id)) {
        found.push(not_a_subscription("subscription_id", id));
    }
    for id in inputs.subscription_ids.iter().flatten().filter(|id| !shape::is_guid(id)) {
        found.push(not_a_subscription("subscription_ids", id));
    }
    for id in inputs.exclude_subscription_ids.iter().flatten().filter(|id| !shape::is_guid(id)) {
        found.push(not_a_subscription("exclude_subscription_ids", id));
    }
    if let Some(group) = written(&inputs.management_group_id) {
        found.extend(not_a_group("management_group_id", group));
    }
    for group in inputs.exclude_management_group_ids.iter().flatten() {
        found.extend(not_a_group("exclude_management_group_ids", group));
    }
}

fn not_a_group(argument: &'static str, group: &str) -> Option<Problem> {
    let problem = || {
        let detail = format!(
            "{argument} is {}. Give the group's name, or its resource id /providers/Microsoft.Management/managementGroups/<name>; the \
             display name does not identify it.",
            quoted(group)
        );
        Problem::of(argument, format!("Invalid {argument}"), detail)
    };
    shape::management_group(group).is_none().then(problem)
}

fn not_a_subscription(argument: &'static str, id: &str) -> Problem {
    let advice = match shape::subscription_in(id) {
        Some(guid) => format!("Write the GUID alone: {guid:?}."),
        None => "Use the subscription's id, not its name (az account list --output table shows both).".to_owned(),
    };
    Problem::of(argument, format!("Invalid {argument}"), format!("{} is not a GUID. {advice}", quoted(id)))
}

/// A value and the file that holds it must agree. A file that is not there is a missing credential and no contradiction: validate and
/// `destroy -refresh=false` work without it, and the first read that needs it says so.
fn pairs(inputs: &Inputs, found: &mut Vec<Problem>) {
    let secret = |value: &Option<Sensitive>| value.as_ref().map(|value| value.reveal().trim().to_owned());
    let id = inputs.client_id.as_ref().map(|id| id.trim().to_owned());
    text_pair(("client_id", id), ("client_id_file_path", &inputs.client_id_file_path), found);
    text_pair(
        ("client_secret", secret(&inputs.client_secret)),
        ("client_secret_file_path", &inputs.client_secret_file_path),
        found,
    );
    certificate_pair(inputs, found);
    text_pair(("oidc_token", secret(&inputs.oidc_token)), ("oidc_token_file_path", &inputs.oidc_token_file_path), found);
}

fn text_pair(value: (&'static str, Option<String>), file: (&'static str, &Option<String>), found: &mut Vec<Problem>) {
    let ((value_argument, value), (file_argument, path)) = (value, file);
    let (Some(path), Some(value)) = (written(path), value.filter(|value| !value.is_empty())) else { return };
    if read_trimmed(path).is_ok_and(|content| content != value) {
        found.push(disagreeing(value_argument, file_argument, path));
    }
}

fn certificate_pair(inputs: &Inputs, found: &mut Vec<Problem>) {
    let inline = match inputs.client_certificate.as_ref().filter(|text| !text.reveal().trim().is_empty()) {
        None => None,
        Some(text) => match base64_bytes(text.reveal()) {
            Some(bytes) => Some(bytes),
            None => {
                return found.push(Problem::of(
                    "client_certificate",
                    "Invalid client_certificate",
                    "client_certificate is not base64. Give the base64 of a PFX file (filebase64(\"app.pfx\")), or use client_certificate_path.",
                ));
            }
        },
    };
    let (Some(path), Some(inline)) = (written(&inputs.client_certificate_path), inline) else { return };
    if fs::read(path).is_ok_and(|content| content != inline) {
        found.push(disagreeing("client_certificate", "client_certificate_path", path));
    }
}

fn disagreeing(value: &str, file: &'static str, path: &str) -> Problem {
    Problem::of(file, "Conflicting arguments", format!("{value} and the content of {file} ({path}) differ. Keep one of them."))
}

fn request(inputs: &Inputs, found: &mut Vec<Problem>) {
    let together = "The request URL and the request token belong together: give both, or neither and let the pipeline's variables supply them.";
    match (&inputs.oidc_request_url, &inputs.oidc_request_token) {
        (Some(_), None) => {
            found.push(Problem::of(
                "oidc_request_url",
                "Incomplete arguments",
                format!("oidc_request_token is missing. {together}"),
            ));
        }
        (None, Some(_)) => {
            found.push(Problem::of(
                "oidc_request_token",
                "Incomplete arguments",
                format!("oidc_request_url is missing. {together}"),
            ));
        }
        _ => {}
    }
    if written(&inputs.oidc_request_url).is_some_and(|url| !shape::is_https_url(url)) {
        found.push(Problem::of(
            "oidc_request_url",
            "Invalid oidc_request_url",
            "oidc_request_url is not an https URL. The request token is only ever sent over TLS.",
        ));
    }
}

fn scope(inputs: &Inputs, found: &mut Vec<Problem>) {
    let given: Vec<&'static str> = [
        ("subscription_id", inputs.subscription_id.is_some()),
        ("subscription_ids", inputs.subscription_ids.is_some()),
        ("management_group_id", inputs.management_group_id.is_some()),
        ("tenant_wide", inputs.tenant_wide.is_some()),
    ]
    .into_iter()
    .filter_map(|(argument, given)| given.then_some(argument))
    .collect();
    if let [_, second, ..] = given.as_slice() {
        let named = given.join(", ");
        found.push(Problem::of(
            second,
            "Conflicting arguments",
            format!("{named} are all set. A connection has one scope: keep one of them, and use provider aliases for several."),
        ));
    }
    if inputs.subscription_ids.as_ref().is_some_and(|ids| ids.is_empty()) {
        found.push(Problem::of(
            "subscription_ids",
            "Nothing selected",
            "subscription_ids is empty. Name at least one subscription, or leave it out.",
        ));
    }
    if inputs.tenant_wide == Some(false) {
        found.push(Problem::of(
            "tenant_wide",
            "Invalid tenant_wide",
            "tenant_wide = false selects nothing. Write true, or leave it out (or null) and choose another scope.",
        ));
    }
}

fn exclusions(inputs: &Inputs, found: &mut Vec<Problem>) {
    let is_tree = inputs.management_group_id.is_some() || inputs.tenant_wide.is_some();
    let is_tree = is_tree || (inputs.is_demo() && inputs.subscription_ids.is_none());
    for (argument, set) in [
        ("exclude_subscription_ids", &inputs.exclude_subscription_ids),
        ("exclude_management_group_ids", &inputs.exclude_management_group_ids),
    ] {
        let Some(set) = set else { continue };
        if set.is_empty() {
            let detail = format!("{argument} is empty. Name at least one, or leave it out.");
            found.push(Problem::of(argument, "Nothing selected", detail));
        }
        if !is_tree {
            let detail = format!(
                "{argument} leaves something out of a management group or the tenant, and the connection is to neither: set \
                 management_group_id or tenant_wide, or remove it."
            );
            found.push(Problem::of(argument, "Conflicting arguments", detail));
        }
    }
}

fn numbers(inputs: &Inputs, found: &mut Vec<Problem>) {
    if let Some(word) = written(&inputs.resource_graph)
        && !["auto", "always", "never"].contains(&word)
    {
        found.push(Problem::of(
            "resource_graph",
            "Unknown value",
            format!("resource_graph is {}. Allowed: auto, always, never.", quoted(word)),
        ));
    }
    in_range("max_concurrency", inputs.max_concurrency, 1..=64, found);
    in_range("request_timeout_seconds", inputs.request_timeout_seconds, 1..=600, found);
    in_range("operation_timeout_seconds", inputs.operation_timeout_seconds, 10..=7200, found);
    in_range("max_retry_wait_seconds", inputs.max_retry_wait_seconds, 1..=600, found);
}

fn in_range(argument: &'static str, number: Option<i64>, allowed: RangeInclusive<i64>, found: &mut Vec<Problem>) {
    if let Some(number) = number.filter(|number| !allowed.contains(number)) {
        let (least, most) = (allowed.start(), allowed.end());
        found.push(Problem::of(
            argument,
            format!("{argument} out of range"),
            format!("{argument} is {number}. Allowed: {least} to {most}."),
        ));
    }
}

fn trust(inputs: &Inputs, found: &mut Vec<Problem>) {
    let Some(path) = written(&inputs.ca_certificate_file) else { return };
    // One that is not there is met by the first request, as the files of credentials are.
    if fs::read(path).is_ok_and(|content| !String::from_utf8_lossy(&content).contains("-----BEGIN CERTIFICATE-----")) {
        found.push(Problem::of(
            "ca_certificate_file",
            "Invalid ca_certificate_file",
            format!("{} holds no PEM certificate. Give a text file with \"-----BEGIN CERTIFICATE-----\" blocks.", quoted(path)),
        ));
    }
}

fn written(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

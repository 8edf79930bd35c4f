//! The next step where a permission is missing.

use super::{Evidence, Holder, MICROSOFT_GRAPH, Verdict, named};
use crate::posture::{Why, worst};

/// One step for all of these verdicts: where asking for a permission is the step, all that are missing are asked for at once.
pub fn next_step(judged: &[(&str, &Verdict)], evidence: &Evidence) -> String {
    let is_to_be_asked_for = |one: &Verdict| matches!(one.reason, Some(Why::DelegatedOnly | Why::NotGranted | Why::NotRequested));
    let Some(worst) = worst(judged.iter().map(|(name, verdict)| (verdict.status, name, verdict))) else { return String::new() };
    let asked: Vec<&str> = judged.iter().filter(|(_, one)| is_to_be_asked_for(one)).map(|(name, _)| *name).collect();
    match is_to_be_asked_for(worst) && asked.len() > 1 {
        true => request(&asked, evidence),
        false => worst.remedy.clone(),
    }
}

/// How an administrator consents to what is requested.
pub fn consent(evidence: &Evidence) -> String {
    let client = evidence.client_id.as_deref().unwrap_or("<client id>");
    format!(
        "Entra admin center > App registrations > the application > API permissions > Grant admin consent \
         (az ad app permission admin-consent --id {client}), by a Privileged Role Administrator."
    )
}

/// How permissions are added and consented.
pub fn request(wanted: &[&str], evidence: &Evidence) -> String {
    let api = &evidence.resource_client_id;
    let ids: Vec<&str> = wanted.iter().map(|name| id_of(name, evidence)).collect();
    let names = match wanted {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => wanted.join(""),
    };
    if evidence.holder == Holder::ManagedIdentity {
        let (object, host) = (evidence.object_id.as_deref().unwrap_or("<object id>"), &evidence.graph_host);
        let api_id = evidence.api_id.as_deref().unwrap_or("<object id of the API's service principal>");
        let (id, each) = match ids.as_slice() {
            [id] => (*id, String::new()),
            ids => ("<permission id>", format!(", once for each permission id: {}", ids.join(", "))),
        };
        return format!(
            "A managed identity has no portal page for this; a Privileged Role Administrator grants {names} with: az rest --method POST \
             --url https://{host}/v1.0/servicePrincipals/{object}/appRoleAssignments --body '{{\"principalId\": \
             \"{object}\", \"resourceId\": \"{api_id}\", \"appRoleId\": \"{id}\"}}'{each}"
        );
    }
    let client = evidence.client_id.as_deref().unwrap_or("<client id>");
    let roles = ids.iter().map(|id| format!("{id}=Role")).collect::<Vec<_>>().join(" ");
    format!(
        "Add {names} as Application permission (Entra admin center > App registrations > the application > API permissions > Add a \
         permission > Application permissions; az ad app permission add --id {client} --api {api} --api-permissions {roles}), then \
         grant admin consent (az ad app permission admin-consent --id {client})."
    )
}

/// The id of an Application permission, as the API lists it, else as it is known here.
fn id_of<'a>(name: &str, evidence: &'a Evidence) -> &'a str {
    let listed = evidence.names.whole().ok().and_then(|offered| offered.get(&name.to_lowercase()));
    let is_graph = evidence.resource_client_id.eq_ignore_ascii_case(MICROSOFT_GRAPH);
    let known = || named(name).filter(|_| is_graph).map(|known| known.application_id);
    listed.map(String::as_str).or_else(known).unwrap_or("<permission id>")
}

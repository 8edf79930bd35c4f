//! The one next step of a verdict, and the lines that give what is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::{
        Status, Why,
        rbac::{Requirement, Verdict},
    },
    provider::{
        collect::{facts::grants::Principal, lists::directory::Kind},
        validations::READABLE,
    },
    text::shell_quoted,
};

/// The one thing to do about the worst line.
pub(super) fn next_step(principal: &Principal, verdict: &Verdict) -> String {
    let text = match (verdict.status, verdict.reason) {
        (Status::Fail, Some(Why::Denied)) => {
            "No role helps against a deny assignment: have the principal excluded from it, or have it changed by whoever made it, which \
             is a managed application, a deployment stack, or an administrator of the tenant."
        }
        (Status::Fail, Some(Why::PrincipalDisabled)) => return enable(principal),
        (Status::Fail, Some(Why::RoleNotAssignable)) => {
            "Name a role that can be given there, or add the scope to those the role can be given at: az role definition update"
        }
        (Status::Fail, Some(Why::EligibleOnly)) => {
            "Activate the role (Privileged Identity Management > My roles > Azure resources), set `accept_eligible`, or give it \
             permanently."
        }
        (Status::Fail, Some(Why::ConditionalOnly)) => {
            "Set `accept_conditional` if the condition is wanted, or give the role without one."
        }
        (Status::Fail | Status::Unknown, _) if principal.unknown_object => {
            "The directory knows no user, group or service principal with this object id. The service principal of an application has \
             another object id than the application, and neither is its client id: az ad sp show --id <client id> --query id"
        }
        (Status::Fail, _) => "Give what is missing.",
        _ => READABLE,
    };
    text.to_owned()
}

fn enable(principal: &Principal) -> String {
    let command = match principal.kind {
        Some(Kind::User) => format!("az ad user update --id {} --account-enabled true", principal.id),
        _ => format!("az ad sp update --id {} --set accountEnabled=true", principal.id),
    };
    format!("Enable the account, or name another principal: {command}")
}

/// Whether a role given to the principal would help against a fail.
pub(super) fn helps(verdict: &Verdict) -> bool {
    let is_helpless = matches!(verdict.reason, Some(Why::Denied | Why::PrincipalDisabled | Why::RoleNotAssignable));
    verdict.status == Status::Fail && !is_helpless
}

/// The scopes at which each command is missing; the scope ends the command.
pub(super) type Grants = BTreeMap<String, BTreeSet<String>>;

/// The line that gives what is missing, but for the scope.
pub(super) fn grant(principal: &Principal, requirement: Option<&Requirement>) -> String {
    let role = match requirement {
        Some(Requirement::Role { name, .. }) => name.clone(),
        Some(Requirement::Action(pattern)) if pattern.to_ascii_lowercase().ends_with("/read") => "Reader".to_owned(),
        Some(Requirement::Action(pattern) | Requirement::DataAction(pattern)) => format!("<a role that allows {pattern}>"),
        None => "<the role>".to_owned(),
    };
    let kind = principal.kind.map(|kind| format!(" --assignee-principal-type {}", kind.word())).unwrap_or_default();
    format!("az role assignment create --assignee-object-id {}{kind} --role {}", principal.id, shell_quoted(&role))
}

/// The lines behind the step; lines that begin with a space are not wrapped. What is missing at all scopes is given once on `group`.
pub(super) fn with_grants(mut step: String, grants: &Grants, group: Option<String>, all: usize) -> String {
    const SHOWN: usize = 5;
    let at = |scopes: &BTreeSet<String>| match &group {
        Some(group) if all > 1 && scopes.len() == all => BTreeSet::from([group.clone()]),
        _ => scopes.clone(),
    };
    let of = |(command, scopes): (&String, &BTreeSet<String>)| {
        let line = |scope: String| format!("{command} --scope {}", shell_quoted(&scope));
        at(scopes).into_iter().map(line).collect::<Vec<_>>()
    };
    let grants: Vec<String> = grants.iter().flat_map(of).collect();
    if !grants.is_empty() {
        step.push('\n');
    }
    for grant in grants.iter().take(SHOWN) {
        step.push_str(&format!("\n  {grant}"));
    }
    if grants.len() > SHOWN {
        step.push_str(&format!("\n  … and {} more like these", grants.len() - SHOWN));
    }
    step
}

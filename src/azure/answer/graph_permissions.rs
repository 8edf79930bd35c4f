//! Which permission of Microsoft Graph a refused read needs: named by the service where it does so, else what is declared of the read.

/// What to grant for a read that was refused with `message`. Any one of the permissions that are `known` suffices, the least is first.
pub(in crate::azure) fn remedy(known: &'static [&'static str], message: &str) -> String {
    let mut named = said(message);
    // Microsoft Graph names the alternatives in no order, the table does.
    named.sort_by_key(|name| known.iter().position(|own| own.eq_ignore_ascii_case(name)).unwrap_or(known.len()));
    let all = if named.is_empty() { known.to_vec() } else { named };
    let (what, others) = match all.as_slice() {
        [] => ("permission this read needs".to_owned(), String::new()),
        [only] => (format!("permission {only}"), String::new()),
        [least, others @ ..] => (format!("permission {least}"), format!(" {} will do as well.", others.join(" or "))),
    };
    format!(
        "Give the application the Microsoft Graph {what} (type Application, not Delegated) and grant admin consent; consent can take a \
         few minutes.{others}"
    )
}

/// The permissions a refusal names that read and do not write.
fn said(message: &str) -> Vec<&str> {
    let Some((_, rest)) = message.split_once("missing permission scope ") else { return Vec::new() };
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".,-_".contains(c))).unwrap_or(rest.len());
    let names = rest.get(..end).unwrap_or_default().split(',').map(|name| name.trim_matches('.'));
    names.filter(|name| reads(name)).collect()
}

fn reads(name: &str) -> bool {
    name.split('.').any(|word| word.starts_with("Read") && !word.starts_with("ReadWrite"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::{Audience, endpoint::endpoints, microsoft_graph::directory};

    #[test]
    fn the_least_permission_of_a_read_is_named_first_and_never_one_that_writes() {
        for endpoint in endpoints().filter(|endpoint| endpoint.audience == Audience::Graph) {
            let [least, ..] = endpoint.needs else { panic!("{endpoint:?}") };
            let text = remedy(endpoint.needs, "Insufficient privileges to complete the operation.");
            let start = format!("Give the application the Microsoft Graph permission {least} (type Application");
            assert!(text.starts_with(&start), "{text}");
            assert!(endpoint.needs.iter().all(|name| reads(name)), "{endpoint:?}");
        }
        assert!(remedy(&[], "").contains("permission this read needs (type"));
    }

    #[test]
    fn what_the_service_names_is_ordered_from_the_least_and_freed_of_what_writes() {
        let scopes = "RoleManagement.ReadWrite.Directory,RoleManagement.Read.All,RoleManagement.Read.Directory,\
                      RoleEligibilitySchedule.ReadWrite.Directory,RoleEligibilitySchedule.Read.Directory";
        for end in [".", ".\",\"instanceAnnotations\":[]}", " and more"] {
            let text = remedy(
                directory::ROLE_ELIGIBILITIES.needs,
                &format!("Authorization failed due to missing permission scope {scopes}{end}"),
            );
            assert!(text.contains("permission RoleEligibilitySchedule.Read.Directory (type"), "{text}");
            assert!(text.ends_with("RoleManagement.Read.Directory or RoleManagement.Read.All will do as well."), "{text}");
            assert!(!text.contains("ReadWrite"), "{text}");
        }
        let writing = remedy(directory::USERS.needs, "missing permission scope User.ReadWrite.All.");
        assert!(writing.contains("permission User.Read.All (type"), "{writing}");
    }
}

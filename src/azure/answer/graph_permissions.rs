//! Which permission of Microsoft Graph a refused read needs: named by the service where it does so, else by the path that was read.

/// The permissions with any one of which a read works, the least first; none of them writes. `{}` is one segment. First match wins.
const READS: &[(&str, &[&str])] = &[
    ("groups/{}/transitiveMembers", &["GroupMember.Read.All", DIRECTORY]),
    ("{}/{}/transitiveMemberOf", &[DIRECTORY]),
    ("{}/{}/oauth2PermissionGrants", &[DIRECTORY]),
    ("{}/{}/synchronization", &["Synchronization.Read.All"]),
    ("applications", &["Application.Read.All", DIRECTORY]),
    ("groups", &["GroupMember.Read.All", "Group.Read.All", DIRECTORY]),
    ("organization", &["Organization.Read.All", DIRECTORY]),
    ("roleManagement/directory/roleAssignmentScheduleInstances", &["RoleAssignmentSchedule.Read.Directory", ROLES, ALL_ROLES]),
    ("roleManagement/directory/roleEligibilityScheduleInstances", &["RoleEligibilitySchedule.Read.Directory", ROLES, ALL_ROLES]),
    ("roleManagement/directory", &[ROLES, DIRECTORY]),
    ("servicePrincipals", &["Application.Read.All", DIRECTORY]),
    ("subscribedSkus", &["LicenseAssignment.Read.All", "Organization.Read.All", DIRECTORY]),
    ("users", &["User.Read.All", DIRECTORY]),
];

const ALL_ROLES: &str = "RoleManagement.Read.All";
const DIRECTORY: &str = "Directory.Read.All";
const ROLES: &str = "RoleManagement.Read.Directory";

/// What to grant for a read of `path` that was refused with `message`.
pub(in crate::azure) fn remedy(path: &str, message: &str) -> String {
    let known = of_path(path);
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

fn of_path(path: &str) -> &'static [&'static str] {
    let path: Vec<&str> = path.trim_start_matches("/v1.0").split('/').filter(|segment| !segment.is_empty()).collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        // `servicePrincipals(appId='…')` is an object of that collection.
        let same = |(pattern, segment): (&&str, &&str)| {
            *pattern == "{}" || segment.split('(').next().is_some_and(|name| name.eq_ignore_ascii_case(pattern))
        };
        pattern.len() <= path.len() && pattern.iter().zip(&path).all(same)
    };
    READS.iter().find(|(pattern, _)| fits(pattern)).map(|(_, names)| *names).unwrap_or_default()
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

    #[test]
    fn the_least_permission_of_a_read_is_named_first_and_never_one_that_writes() {
        for (path, least) in [
            ("/v1.0/users", "User.Read.All"),
            ("/v1.0/users/u/transitiveMemberOf", "Directory.Read.All"),
            ("/v1.0/groups/g/transitiveMembers", "GroupMember.Read.All"),
            ("/v1.0/servicePrincipals(appId='a')", "Application.Read.All"),
            ("/v1.0/servicePrincipals/s/appRoleAssignments", "Application.Read.All"),
            ("/v1.0/servicePrincipals/s/oauth2PermissionGrants", "Directory.Read.All"),
            ("/v1.0/servicePrincipals/s/synchronization/jobs", "Synchronization.Read.All"),
            ("/v1.0/roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory"),
            ("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", "RoleEligibilitySchedule.Read.Directory"),
            ("/v1.0/subscribedSkus", "LicenseAssignment.Read.All"),
        ] {
            let text = remedy(path, "Insufficient privileges to complete the operation.");
            assert!(
                text.starts_with(&format!("Give the application the Microsoft Graph permission {least} (type Application")),
                "{text}"
            );
        }
        assert!(READS.iter().flat_map(|(_, names)| *names).all(|name| reads(name)));
        assert!(remedy("/v1.0/somethingNew", "").contains("permission this read needs (type"));
    }

    #[test]
    fn what_the_service_names_is_ordered_from_the_least_and_freed_of_what_writes() {
        let path = "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances";
        let scopes = "RoleManagement.ReadWrite.Directory,RoleManagement.Read.All,RoleManagement.Read.Directory,\
                      RoleEligibilitySchedule.ReadWrite.Directory,RoleEligibilitySchedule.Read.Directory";
        for end in [".", ".\",\"instanceAnnotations\":[]}", " and more"] {
            let text = remedy(path, &format!("Authorization failed due to missing permission scope {scopes}{end}"));
            assert!(text.contains("permission RoleEligibilitySchedule.Read.Directory (type"), "{text}");
            assert!(text.ends_with("RoleManagement.Read.Directory or RoleManagement.Read.All will do as well."), "{text}");
            assert!(!text.contains("ReadWrite"), "{text}");
        }
        let writing = remedy("/v1.0/users", "missing permission scope User.ReadWrite.All.");
        assert!(writing.contains("permission User.Read.All (type"), "{writing}");
    }
}

//! The permissions of Microsoft Graph that matter here: their ids, which contain which, and the reads that need them.

/// Application id of Microsoft Graph, in every cloud.
pub const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// A permission of Microsoft Graph. Its two forms have ids of their own.
#[derive(Debug)]
pub struct Known {
    /// `Directory.Read.All`
    pub name: &'static str,
    /// Id as Application permission.
    pub application_id: &'static str,
    /// Id as Delegated permission.
    pub delegated_id: &'static str,
}

const fn known(name: &'static str, application_id: &'static str, delegated_id: &'static str) -> Known {
    Known { name, application_id, delegated_id }
}

/// The permissions whose ids are fixed here, for messages and for tenants whose own list may not be read.
pub const KNOWN: &[Known] = &[
    known("AccessReview.Read.All", "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa", "ebfcd32b-babb-40f4-a14b-42706e83bd28"),
    known("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "c79f8feb-a9db-4090-85f9-90d820caa0eb"),
    known("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20"),
    known("DelegatedPermissionGrant.Read.All", "81b4724a-58aa-41c1-8a55-84ef97466587", "a197cdc4-a8e8-4d49-9d35-4ca7c83887b4"),
    known("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "06da0dbc-49e2-44d2-8312-53f166ab848a"),
    known("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", "2f9ee017-59c1-4f1d-9472-bd5529a7b311"),
    known("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b", "5f8c59db-677d-491f-a6b8-5f174b11ec1d"),
    known("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", "bc024368-1153-4739-b217-4326f2e966d0"),
    known("IdentityRiskEvent.Read.All", "6e472fd1-ad78-48da-a0f0-97ab2c6b769e", "8f6a01e7-0391-4ee5-aa22-a3af122cef27"),
    known("IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379", "d04bb851-cb7c-4146-97c7-ca3e71baf56c"),
    known("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "4908d5b9-3fb2-4b1e-9336-1888b7937185"),
    known("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68", "572fea84-0151-49b2-9301-11cb16974376"),
    known("Policy.Read.AuthenticationMethod", "8e3bc81b-d2f3-4b7b-838c-32c88218d2f0", "a6ff13ac-1851-4993-8ca9-a671d70de2d5"),
    known("Policy.Read.ConditionalAccess", "37730810-e9ba-4e46-b07e-8ca78d182097", "633e0fce-8c58-4cfb-9495-12bbd5a24f7c"),
    known("Reports.Read.All", "230c1aed-a721-4c5d-9cb4-a90514e508ef", "02e97553-ed7b-43d0-ab3c-f8bace0d040c"),
    known(
        "RoleAssignmentSchedule.Read.Directory",
        "d5fe8ce8-684c-4c83-a52c-46e882ce4be1",
        "344a729c-0285-42c6-9014-f12b9b8d6129",
    ),
    known(
        "RoleEligibilitySchedule.Read.Directory",
        "ff278e11-4a33-4d0c-83d2-d01dc58929a5",
        "eb0788c2-6d4e-4658-8c9e-c0fb8053f03d",
    ),
    known("RoleManagement.Read.All", "c7fbd983-d9aa-4fa7-84b8-17382c103bc4", "48fec646-b2ba-4019-8681-8eb31435aded"),
    known("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "741c54c3-0c1e-44a1-818b-3f97ab4e8c83"),
    known("RoleManagementPolicy.Read.Directory", "fdc4c997-9942-4479-bfcb-75a36d1138df", "3de2cdbe-0ff5-47d5-bdee-7f45b4749ead"),
    known("SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5", "bc257fb8-46b4-4b15-8713-01e91bfbe4ea"),
    known("SecurityEvents.Read.All", "bf394140-e372-4bf9-a898-299cfc7564e5", "64733abd-851e-478a-bffb-e47a14b18235"),
    known("Synchronization.Read.All", "5ba43d2f-fa88-4db2-bd1c-a67c5f0fb1ce", "7aa02aeb-824f-4fbe-a3f7-611f751f5b55"),
    known("User.Read.All", "df021288-bdef-4463-88db-98f22de89214", "a154be20-db9c-4678-8ab7-66f6cc099a59"),
    known("UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f", "aec28ec7-4d02-4e8c-b864-50163aea77eb"),
];

/// What each permission is a part of, one step; a row applies to what its right side contains, too.
const WIDER: &[(&str, &[&str])] = &[
    ("Application.Read.All", &["Directory.Read.All"]),
    ("DelegatedPermissionGrant.Read.All", &["Directory.Read.All"]),
    ("Domain.Read.All", &["Directory.Read.All"]),
    // Not a part of Directory.Read.All: Group.Read.All reads the conversations of groups as well.
    ("GroupMember.Read.All", &["Directory.Read.All", "Group.Read.All"]),
    ("LicenseAssignment.Read.All", &["Organization.Read.All"]),
    ("Organization.Read.All", &["Directory.Read.All"]),
    ("Policy.Read.AuthenticationMethod", &["Policy.Read.All"]),
    ("Policy.Read.ConditionalAccess", &["Policy.Read.All"]),
    ("RoleAssignmentSchedule.Read.Directory", &["RoleManagement.Read.Directory"]),
    ("RoleEligibilitySchedule.Read.Directory", &["RoleManagement.Read.Directory"]),
    ("RoleManagement.Read.Directory", &["RoleManagement.Read.All"]),
    ("RoleManagementPolicy.Read.Directory", &["RoleManagement.Read.Directory"]),
    ("User.Read.All", &["Directory.Read.All"]),
    ("User.ReadBasic.All", &["User.Read.All"]),
];

/// Permissions of Microsoft Graph that exist as Delegated ones only: no application can hold them.
const DELEGATED_ONLY: &[&str] = &[
    "Directory.AccessAsUser.All",
    "Files.Read",
    "Files.ReadWrite",
    "Notes.Create",
    "Notes.Read",
    "Notes.ReadWrite",
    "People.Read",
    "Tasks.Read",
    "Tasks.ReadWrite",
    "User.Read",
    "User.ReadWrite",
    "email",
    "offline_access",
    "openid",
    "profile",
];

/// The reads of this provider that need each permission, for texts that ask somebody to grant it.
const READS: &[(&str, &str)] = &[
    ("AccessReview.Read.All", "access reviews (/identityGovernance/accessReviews)"),
    ("Application.Read.All", "applications, their credentials and permissions (/applications, /servicePrincipals)"),
    ("AuditLog.Read.All", "last sign-ins and MFA registration (/users?$select=signInActivity, /reports/authenticationMethods)"),
    (
        "Directory.Read.All",
        "users, groups, applications and delegated grants (/users, /groups, /applications, /oauth2PermissionGrants)",
    ),
    ("Domain.Read.All", "domains (/domains)"),
    ("GroupMember.Read.All", "members of groups (/groups/{id}/transitiveMembers)"),
    ("IdentityRiskyUser.Read.All", "risky users (/identityProtection/riskyUsers)"),
    ("Organization.Read.All", "the tenant and its licences (/organization, /subscribedSkus)"),
    ("Policy.Read.All", "Conditional Access and other policies (/identity/conditionalAccess, /policies)"),
    (
        "RoleAssignmentSchedule.Read.Directory",
        "active directory roles (/roleManagement/directory/roleAssignmentScheduleInstances)",
    ),
    (
        "RoleEligibilitySchedule.Read.Directory",
        "eligible directory roles (/roleManagement/directory/roleEligibilityScheduleInstances)",
    ),
    ("RoleManagement.Read.Directory", "directory roles, active and eligible (/roleManagement/directory)"),
    ("Synchronization.Read.All", "provisioning jobs (/servicePrincipals/{id}/synchronization/jobs)"),
    ("User.Read.All", "users (/users)"),
];

/// The permission of that name, without case.
pub fn named(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The name of the permission with this id, in either form.
pub fn name_of(id: &str) -> Option<&'static str> {
    let same = |known: &&Known| known.application_id.eq_ignore_ascii_case(id) || known.delegated_id.eq_ignore_ascii_case(id);
    KNOWN.iter().find(same).map(|known| known.name)
}

/// Whether a permission of Microsoft Graph exists as Delegated one only, as far as that is known without its own list.
pub fn is_delegated_only(name: &str) -> bool {
    DELEGATED_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What this provider reads with a permission; none for one it does not use.
pub fn reads(name: &str) -> Option<&'static str> {
    READS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, reads)| *reads)
}

/// Whether holding `held` includes `wanted`: the same permission, a wider one, or a writing form of either.
pub fn includes(held: &str, wanted: &str) -> bool {
    let mut waiting = vec![wanted];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = waiting.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        if held.eq_ignore_ascii_case(name) || also_writes(held, name) {
            return true;
        }
        waiting.extend(WIDER.iter().filter(|(part, _)| part.eq_ignore_ascii_case(name)).flat_map(|(_, wider)| *wider));
    }
    false
}

/// Whether `held` is `name` with `ReadWrite` in the place of `Read`: `Mail.ReadWrite` for `Mail.Read`, `User.ReadWrite.All` for
/// `User.Read.All`. Nothing else that begins like it is: `Mail.ReadBasic` reads less, `Application.ReadWrite.OwnedBy` elsewhere.
fn also_writes(held: &str, name: &str) -> bool {
    let same = |(held, name): (&str, &str)| {
        held.eq_ignore_ascii_case(name) || name.eq_ignore_ascii_case("Read") && held.eq_ignore_ascii_case("ReadWrite")
    };
    held.split('.').count() == name.split('.').count() && held.split('.').zip(name.split('.')).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_permission_includes_a_narrower_one_and_never_the_other_way_round() {
        for (held, wanted, expected) in [
            ("User.Read.All", "User.Read.All", true),
            ("Directory.Read.All", "User.Read.All", true),
            ("User.Read.All", "Directory.Read.All", false),
            ("Directory.Read.All", "GroupMember.Read.All", true),
            ("Directory.ReadWrite.All", "GroupMember.Read.All", true),
            ("Group.ReadWrite.All", "GroupMember.Read.All", true),
            ("User.ReadWrite.All", "User.Read.All", true),
            ("Directory.Read.All", "LicenseAssignment.Read.All", true),
            ("Policy.Read.All", "Policy.Read.ConditionalAccess", true),
            ("Policy.Read.ConditionalAccess", "Policy.Read.All", false),
            ("Directory.Read.All", "Group.Read.All", false),
            ("Group.Read.All", "GroupMember.Read.All", true),
            ("Directory.Read.All", "Policy.Read.All", false),
            ("Directory.Read.All", "AuditLog.Read.All", false),
            ("Directory.Read.All", "RoleEligibilitySchedule.Read.Directory", false),
            ("Directory.Read.All", "RoleManagement.Read.Directory", false),
            ("RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory", true),
            ("RoleManagement.Read.All", "RoleAssignmentSchedule.Read.Directory", true),
            ("RoleManagement.ReadWrite.Directory", "RoleManagement.Read.Directory", true),
            ("RoleEligibilitySchedule.Read.Directory", "RoleAssignmentSchedule.Read.Directory", false),
            ("Application.ReadWrite.OwnedBy", "Application.Read.All", false),
            ("Mail.ReadWrite", "Mail.Read", true),
            ("MailboxSettings.ReadWrite", "MailboxSettings.Read", true),
            ("calendars.readwrite", "Calendars.Read", true),
            ("Mail.Read", "Mail.ReadWrite", false),
            ("Mail.ReadBasic", "Mail.Read", false),
            ("Mail.ReadWrite.Shared", "Mail.Read", false),
            ("Mail.ReadWrite", "Mail.ReadBasic", false),
            ("Mail.Send", "Mail.Read", false),
            ("Sites.FullControl.All", "Sites.Read.All", false),
            ("Sites.ReadWrite.All", "Sites.Read.All", true),
        ] {
            assert_eq!(includes(held, wanted), expected, "{held} includes {wanted}");
        }
    }

    #[test]
    fn names_and_ids_are_unique_and_lead_to_each_other() {
        let ids: std::collections::BTreeSet<_> =
            KNOWN.iter().flat_map(|known| [known.application_id, known.delegated_id]).collect();
        assert_eq!(ids.len(), KNOWN.len() * 2);
        assert!(KNOWN.is_sorted_by_key(|known| known.name));
        for known in KNOWN {
            assert_eq!(name_of(&known.application_id.to_uppercase()), Some(known.name));
            assert_eq!(name_of(known.delegated_id), Some(known.name));
            assert_eq!(named(&known.name.to_lowercase()).map(|found| found.application_id), Some(known.application_id));
        }
    }
}

//! Entra directory roles: which of them are privileged. Microsoft Graph says so in its beta only, so the published list stands here.

/// The template id of Global Administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// Template ids of the built-in roles that the published list marks as privileged.
const PRIVILEGED: &[&str] = &[
    // Application Administrator, Application Developer
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "cf1c38e5-3621-4004-a7cb-879624dced7c",
    // Authentication Administrator, B2C IEF Keyset Administrator
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "aaf43236-0c0d-4d5f-883a-6955382ac081",
    // Cloud Application Administrator, Cloud Device Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "7698a772-787b-4ac8-901f-60d6b08affd2",
    // Conditional Access Administrator, Directory Synchronization Accounts
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "d29b2b05-8046-44ba-8758-1e26182fcf32",
    // Directory Writers, Domain Name Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301",
    "8329153b-31d0-4727-b945-745eb3bc5f31",
    // External Identity Provider Administrator, Global Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45",
    GLOBAL_ADMINISTRATOR,
    // Global Reader, Helpdesk Administrator
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    // Hybrid Identity Administrator, Intune Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "3a2c62db-5318-420d-8d74-23affee5d9d5",
    // Partner Tier1 Support, Partner Tier2 Support
    "4ba39ca4-527c-499a-b93d-d9b492c50246",
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8",
    // Password Administrator, Privileged Authentication Administrator
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    // Privileged Role Administrator, Security Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    // Security Operator, Security Reader
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
    "5d6b6bb7-de71-4623-b4af-96380a352509",
    // User Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
];

/// Operations of custom roles with which their holder can become somebody else, or give rights away.
const PRIVILEGED_OPERATIONS: &[&str] = &[
    "microsoft.directory/applications/credentials/update",
    "microsoft.directory/applications/allProperties/update",
    "microsoft.directory/applications/allProperties/allTasks",
    "microsoft.directory/groupsAssignableToRoles/allProperties/update",
    "microsoft.directory/groupsAssignableToRoles/allProperties/allTasks",
    "microsoft.directory/groupsAssignableToRoles/members/update",
    "microsoft.directory/roleAssignments/allProperties/allTasks",
    "microsoft.directory/roleDefinitions/allProperties/allTasks",
    "microsoft.directory/servicePrincipals/credentials/update",
    "microsoft.directory/servicePrincipals/allProperties/update",
    "microsoft.directory/servicePrincipals/allProperties/allTasks",
    "microsoft.directory/users/password/update",
    "microsoft.directory/users/authenticationMethods/create",
    "microsoft.directory/users/authenticationMethods/basic/update",
];

/// Whether a role is privileged: a built-in one by the published list, a custom one by what it allows.
pub fn is_privileged<'a>(template_id: &str, built_in: bool, mut operations: impl Iterator<Item = &'a str>) -> bool {
    let listed = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    match built_in {
        true => listed(PRIVILEGED, template_id),
        false => operations.any(|operation| listed(PRIVILEGED_OPERATIONS, operation)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::posture::resource_id::guid;

    #[test]
    fn built_in_roles_go_by_the_list_and_custom_ones_by_what_they_allow() {
        assert!(is_privileged(&GLOBAL_ADMINISTRATOR.to_uppercase(), true, [].into_iter()));
        assert!(!is_privileged("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", true, [].into_iter()), "Directory Readers");
        assert!(is_privileged("x", false, ["microsoft.directory/applications/credentials/update"].into_iter()));
        assert!(!is_privileged("x", false, ["microsoft.directory/devices/create"].into_iter()));
    }

    #[test]
    fn the_list_has_guids_and_no_doubles() {
        let all: BTreeSet<_> = PRIVILEGED.iter().map(|id| guid(id).expect("a GUID")).collect();
        assert_eq!(all.len(), PRIVILEGED.len());
    }
}

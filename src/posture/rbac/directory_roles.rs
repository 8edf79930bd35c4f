//! Entra directory roles: which of them are privileged. Microsoft Graph says so in its beta only, so the published list stands here.

/// The template id of Global Administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// Template ids of the built-in roles that the published list marks as privileged (2026), by name; and Directory Synchronization
/// Accounts, which it does not mark and which writes to the directory.
const PRIVILEGED: &[(&str, &str)] = &[
    ("AI Administrator", "d2562ede-74db-457e-a7b6-544e236ebb61"),
    ("AI Reader", "1fe13547-53f6-408d-ac04-7f8eed167b38"),
    ("Agent ID Administrator", "db506228-d27e-4b7d-95e5-295956d6615f"),
    ("Application Administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
    ("Application Developer", "cf1c38e5-3621-4004-a7cb-879624dced7c"),
    ("Attribute Provisioning Administrator", "ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe"),
    ("Attribute Provisioning Reader", "422218e4-db15-4ef9-bbe0-8afb41546d79"),
    ("Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f"),
    ("Authentication Extensibility Administrator", "25a516ed-2fa0-40ea-a2d0-12923a21473a"),
    ("B2C IEF Keyset Administrator", "aaf43236-0c0d-4d5f-883a-6955382ac081"),
    ("Cloud Application Administrator", "158c047a-c907-4556-b7ef-446551a6b5f7"),
    ("Cloud Device Administrator", "7698a772-787b-4ac8-901f-60d6b08affd2"),
    ("Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"),
    ("Directory Synchronization Accounts", "d29b2b05-8046-44ba-8758-1e26182fcf32"),
    ("Directory Writers", "9360feb5-f418-4baa-8175-e2a00bac4301"),
    ("Domain Name Administrator", "8329153b-31d0-4727-b945-745eb3bc5f31"),
    ("External Identity Provider Administrator", "be2f45a1-457d-42af-a067-6ec1fa63bc45"),
    ("Global Administrator", GLOBAL_ADMINISTRATOR),
    ("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
    ("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"),
    ("Hybrid Identity Administrator", "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"),
    ("Intune Administrator", "3a2c62db-5318-420d-8d74-23affee5d9d5"),
    ("Lifecycle Workflows Administrator", "59d46f88-662b-457b-bceb-5c3809e5908f"),
    ("Partner Tier1 Support", "4ba39ca4-527c-499a-b93d-d9b492c50246"),
    ("Partner Tier2 Support", "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"),
    ("Password Administrator", "966707d0-3269-4727-9be2-8c3a10f19b9d"),
    ("Privileged Authentication Administrator", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
    ("Privileged Role Administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814"),
    ("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"),
    ("Security Operator", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"),
    ("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"),
    ("User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1"),
];

/// Operations with which their holder can become somebody else, or give rights away: for custom roles, and for those the list is too old
/// to know.
const PRIVILEGED_OPERATIONS: &[&str] = &[
    "microsoft.directory/applications/credentials/update",
    "microsoft.directory/applications/owners/update",
    "microsoft.directory/applications/allProperties/update",
    "microsoft.directory/applications/allProperties/allTasks",
    "microsoft.directory/groupsAssignableToRoles/allProperties/update",
    "microsoft.directory/groupsAssignableToRoles/allProperties/allTasks",
    "microsoft.directory/groupsAssignableToRoles/members/update",
    "microsoft.directory/groupsAssignableToRoles/owners/update",
    "microsoft.directory/oAuth2PermissionGrants/allProperties/allTasks",
    "microsoft.directory/roleAssignments/allProperties/allTasks",
    "microsoft.directory/roleDefinitions/allProperties/allTasks",
    "microsoft.directory/servicePrincipals/credentials/update",
    "microsoft.directory/servicePrincipals/owners/update",
    "microsoft.directory/servicePrincipals/allProperties/update",
    "microsoft.directory/servicePrincipals/allProperties/allTasks",
    "microsoft.directory/users/password/update",
    "microsoft.directory/users/authenticationMethods/create",
    "microsoft.directory/users/authenticationMethods/basic/update",
];

/// What consent for everybody begins with, lower case; the consent policy that bounds it follows.
const CONSENT_FOR_ALL: &str = "microsoft.directory/serviceprincipals/managepermissiongrantsforall.";

/// Whether a role is privileged: by the published list, or by what it allows.
pub fn is_privileged<'a>(template_id: &str, mut operations: impl Iterator<Item = &'a str>) -> bool {
    PRIVILEGED.iter().any(|(_, known)| known.eq_ignore_ascii_case(template_id))
        || operations.any(|operation| {
            let operation = operation.to_ascii_lowercase();
            operation.starts_with(CONSENT_FOR_ALL)
                || PRIVILEGED_OPERATIONS.iter().any(|known| known.eq_ignore_ascii_case(&operation))
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::posture::resource_id::guid;

    #[test]
    fn a_role_is_privileged_by_the_list_or_by_what_it_allows() {
        assert!(is_privileged(&GLOBAL_ADMINISTRATOR.to_uppercase(), [].into_iter()));
        assert!(!is_privileged("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", [].into_iter()), "Directory Readers");
        assert!(is_privileged("x", ["microsoft.directory/applications/credentials/update"].into_iter()));
        let consents = "microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin";
        assert!(is_privileged("x", [consents].into_iter()));
        assert!(!is_privileged("x", ["microsoft.directory/servicePrincipals/managePermissionGrantsForSelf.x"].into_iter()));
        assert!(!is_privileged("x", ["microsoft.directory/devices/create"].into_iter()));
    }

    #[test]
    fn the_list_is_sorted_and_has_no_doubles() {
        let ids: BTreeSet<_> = PRIVILEGED.iter().map(|(_, id)| guid(id).expect("a GUID")).collect();
        assert!(ids.len() == PRIVILEGED.len() && PRIVILEGED.is_sorted());
    }
}

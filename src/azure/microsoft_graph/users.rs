//! Accounts of people, guests, services and agents, when they last signed in, and which methods they have registered.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{Flag, List, Object, Text},
    client::Client,
    endpoint::Endpoint,
};

const READ_AUDIT: &[&str] = &["AuditLog.Read.All"];

/// All users. A tenant has at least one: whoever made it.
pub const EVERY_USER: Endpoint =
    Endpoint::graph("list users", "users", &["User.Read.All", "Directory.Read.All"]).never_empty().in_pages_of("999");
/// The same, with their last sign-ins: half as many a page, and only with Entra ID P1.
pub const EVERY_USER_WITH_SIGN_INS: Endpoint =
    Endpoint::graph("list users with their last sign-ins", "users", READ_AUDIT).never_empty().in_pages_of("500");
/// Who has registered which methods of signing in. Lists nobody whose account is disabled, and is never empty: somebody is enabled.
/// Needs Entra ID P1.
pub const REGISTRATIONS: Endpoint =
    Endpoint::graph("list registered methods", "reports/authenticationMethods/userRegistrationDetails", READ_AUDIT)
        .never_empty()
        .in_pages_of("999");

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[EVERY_USER, EVERY_USER_WITH_SIGN_INS, REGISTRATIONS];

/// What is worth knowing of an account.
const FIELDS: &str = "id,userPrincipalName,displayName,mail,otherMails,proxyAddresses,identities,employeeId,department,jobTitle,\
                      userType,accountEnabled,createdDateTime,lastPasswordChangeDateTime,onPremisesSyncEnabled,\
                      onPremisesLastSyncDateTime,externalUserState,assignedLicenses,identityParentId";
const SIGN_INS: &str = ",signInActivity";

/// An account. Of one that the caller may not read, all but its id is null.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Object id.
    pub id: String,
    /// `#microsoft.graph.agentUser` of an agent's account; people have none, or `#microsoft.graph.user`.
    #[serde(rename = "@odata.type")]
    pub odata_type: Text,
    /// The agent that signs in with it; people have none.
    pub identity_parent_id: Text,
    /// `ada@contoso.com`; that of a guest holds `#EXT#`.
    pub user_principal_name: Text,
    /// Its name.
    pub display_name: Text,
    /// Its mail address.
    pub mail: Text,
    /// Other mail addresses.
    pub other_mails: List<Text>,
    /// Every address its mailbox takes, each with its kind: `SMTP:ada@contoso.com`.
    pub proxy_addresses: List<Text>,
    /// What it can sign in as.
    pub identities: List<Identity>,
    /// Number in the personnel system.
    pub employee_id: Text,
    /// Department.
    pub department: Text,
    /// Job title.
    pub job_title: Text,
    /// `Member` or `Guest`.
    pub user_type: Text,
    /// Whether it can sign in.
    pub account_enabled: Flag,
    /// When it was made.
    pub created_date_time: Text,
    /// When its password was changed.
    pub last_password_change_date_time: Text,
    /// Whether it comes from Active Directory; null if it never did.
    pub on_premises_sync_enabled: Flag,
    /// When it last came from there.
    pub on_premises_last_sync_date_time: Text,
    /// `PendingAcceptance` or `Accepted`, of the invited.
    pub external_user_state: Text,
    /// Its licences.
    pub assigned_licenses: List<License>,
    /// Its last sign-ins, where they are asked for.
    pub sign_in_activity: Object<SignInActivity>,
}

/// What an account can sign in as.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `userPrincipalName`, `federated`, `emailAddress` and more.
    pub sign_in_type: Text,
    /// The name it signs in with.
    pub issuer_assigned_id: Text,
}

/// A licence of an account; that there is one is enough.
#[derive(Clone, Debug, Deserialize)]
pub struct License {}

/// The last sign-ins of an account. A time that there was never is absent, empty or in the year 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInActivity {
    /// The last attempt of the person, failed ones too.
    pub last_sign_in_date_time: Text,
    /// The last attempt of a program in their name, failed ones too.
    pub last_non_interactive_sign_in_date_time: Text,
    /// The last that succeeded; recorded since 1 December 2023.
    pub last_successful_sign_in_date_time: Text,
}

/// What an account has registered to sign in with.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Object id of the account.
    pub id: String,
    /// Whether a method that counts as a second factor is registered.
    pub is_mfa_registered: Flag,
    /// Whether, besides, the tenant's policy of methods allows it.
    pub is_mfa_capable: Flag,
    /// The methods.
    pub methods_registered: List<Text>,
}

/// All users, without their sign-ins.
pub async fn users(client: &Client, emit: impl FnMut(User)) -> Result<()> {
    client.list(EVERY_USER.at("").with("$select", FIELDS), emit).await
}

/// All users, with their last sign-ins.
pub async fn users_with_sign_ins(client: &Client, emit: impl FnMut(User)) -> Result<()> {
    client.list(EVERY_USER_WITH_SIGN_INS.at("").with("$select", format!("{FIELDS}{SIGN_INS}")), emit).await
}

/// Who has registered which methods.
pub async fn registrations(client: &Client, emit: impl FnMut(Registration)) -> Result<()> {
    client.list(REGISTRATIONS.at("").with("$select", "id,isMfaRegistered,isMfaCapable,methodsRegistered"), emit).await
}

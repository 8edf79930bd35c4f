//! Which permissions of Microsoft's APIs are privileged: what changes the directory, and what reads or sends everybody's mail, messages and
//! files.

use crate::posture::{filter::wildcard, graph_permission::MICROSOFT_GRAPH};

/// What a privileged permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Mail, messages or files.
    Contents,
    /// Objects of the directory, roles, policies, or credentials of applications or people.
    Directory,
}

/// Permissions of one API by a pattern of their names.
#[derive(Debug)]
pub struct Privileged {
    /// The API's name, for people.
    pub api: &'static str,
    /// Its client id, the same in every tenant.
    pub api_id: &'static str,
    /// Its permissions; `*` stands for anything, so that what Microsoft adds to a family is in it.
    pub pattern: &'static str,
    /// What they reach.
    pub reach: Reach,
}

const fn graph(pattern: &'static str, reach: Reach) -> Privileged {
    Privileged { api: "Microsoft Graph", api_id: MICROSOFT_GRAPH, pattern, reach }
}

const fn of(api: &'static str, api_id: &'static str, pattern: &'static str, reach: Reach) -> Privileged {
    Privileged { api, api_id, pattern, reach }
}

const AZURE_AD_GRAPH: &str = "00000002-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";

use Reach::{Contents, Directory};

/// All of them, by API and pattern.
pub const PRIVILEGED: &[Privileged] = &[
    graph("AccessReview.ReadWrite.*", Directory),
    graph("AdministrativeUnit.ReadWrite.*", Directory),
    graph("AgentIdentity*.AddRemoveCreds.*", Directory),
    graph("AgentIdentity*.Create*", Directory),
    graph("AgentIdentity*.ReadWrite.*", Directory),
    graph("AgentIdUser.ReadWrite.*", Directory),
    graph("AppRoleAssignment.ReadWrite.*", Directory),
    graph("Application.ReadWrite.*", Directory),
    graph("ChannelMessage.*", Contents),
    graph("Chat.Read.All", Contents),
    graph("Chat.ReadWrite.All", Contents),
    graph("ConsentRequest.ReadWrite.*", Directory),
    graph("CustomAuthenticationExtension.ReadWrite.*", Directory),
    graph("CustomSecAttribute*.ReadWrite.*", Directory),
    graph("DelegatedPermissionGrant.ReadWrite.*", Directory),
    graph("Device.ReadWrite.*", Directory),
    graph("DeviceManagement*.PrivilegedOperations.*", Directory),
    graph("DeviceManagement*.ReadWrite.*", Directory),
    graph("Directory.*Write*", Directory),
    graph("Directory.AccessAsUser.*", Directory),
    graph("Domain*.ReadWrite.*", Directory),
    graph("EntitlementManagement.ReadWrite.*", Directory),
    graph("Files.Read.All", Contents),
    graph("Files.ReadWrite.All", Contents),
    graph("Group.Create", Directory),
    graph("Group.ReadWrite.*", Directory),
    graph("GroupMember.ReadWrite.*", Directory),
    graph("GroupSettings.ReadWrite.*", Directory),
    graph("Identity*.ReadWrite.*", Directory),
    graph("LifecycleWorkflows*.ReadWrite.*", Directory),
    graph("Mail-*", Contents),
    graph("Mail.*", Contents),
    graph("MailboxFolder.*", Contents),
    graph("MailboxItem.*", Contents),
    graph("MailboxSettings.ReadWrite", Contents),
    graph("MultiTenantOrganization.ReadWrite.*", Directory),
    graph("OnPremDirectorySynchronization.ReadWrite.*", Directory),
    graph("Organization.ReadWrite.*", Directory),
    graph("Policy.ReadWrite.*", Directory),
    graph("Privileged*.ReadWrite.*", Directory),
    graph("Privileged*.Remove.*", Directory),
    graph("PublicKeyInfrastructure.ReadWrite.*", Directory),
    graph("Role*.ReadWrite.*", Directory),
    graph("Role*.Remove.*", Directory),
    graph("ServicePrincipal*.ReadWrite.*", Directory),
    graph("Sites.*.All", Contents),
    graph("Synchronization.ReadWrite.*", Directory),
    graph("SynchronizationData-User.Upload*", Directory),
    graph("TrustFramework*.ReadWrite.*", Directory),
    graph("User-*.ReadWrite.*", Directory),
    graph("User.DeleteRestore.*", Directory),
    graph("User.EnableDisableAccount.*", Directory),
    graph("User.Invite.*", Directory),
    graph("User.ManageIdentities.*", Directory),
    graph("User.ReadWrite.*", Directory),
    graph("UserAuth*.ReadWrite.*", Directory),
    of("Azure AD Graph", AZURE_AD_GRAPH, "*.ReadWrite.*", Directory),
    of("Azure AD Graph", AZURE_AD_GRAPH, "Directory.AccessAsUser.*", Directory),
    of("Office 365 Exchange Online", EXCHANGE, "EWS.AccessAsUser.*", Contents),
    of("Office 365 Exchange Online", EXCHANGE, "Exchange.Manage*", Contents),
    of("Office 365 Exchange Online", EXCHANGE, "Mail.*", Contents),
    of("Office 365 Exchange Online", EXCHANGE, "MailboxSettings.ReadWrite", Contents),
    of("Office 365 Exchange Online", EXCHANGE, "full_access_as_app", Contents),
    of("Office 365 SharePoint Online", SHAREPOINT, "AllSites.*", Contents),
    of("Office 365 SharePoint Online", SHAREPOINT, "Sites.*.All", Contents),
    of("Office 365 SharePoint Online", SHAREPOINT, "User.ReadWrite.*", Directory),
];

/// What a permission of an API reaches that is privileged; none for one that is not. An API that is not in the table has none.
pub fn reach(api_id: &str, permission: &str) -> Option<Reach> {
    let is_it = |row: &&Privileged| row.api_id.eq_ignore_ascii_case(api_id) && row.is_of(permission);
    PRIVILEGED.iter().find(is_it).map(|row| row.reach)
}

impl Privileged {
    /// Whether a name is of the pattern. There may be a hundred thousand names, so the beginnings are compared first.
    fn is_of(&self, permission: &str) -> bool {
        let head = self.pattern.split('*').next().unwrap_or_default();
        let begins = permission.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head));
        begins && wildcard(self.pattern, permission)
    }
}

/// Whether a permission of an API can be privileged at all.
pub fn has_privileged(api_id: &str) -> bool {
    PRIVILEGED.iter().any(|row| row.api_id.eq_ignore_ascii_case(api_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_directory_or_reads_everybody_s_mail_and_files_is_privileged_and_nothing_else() {
        for (permission, expected) in [
            ("Directory.ReadWrite.All", Some(Directory)),
            ("directory.readwrite.all", Some(Directory)),
            ("Directory.Write.Restricted", Some(Directory)),
            ("Directory.AccessAsUser.All", Some(Directory)),
            ("Application.ReadWrite.OwnedBy", Some(Directory)),
            ("AppRoleAssignment.ReadWrite.All", Some(Directory)),
            ("RoleManagement.ReadWrite.Directory", Some(Directory)),
            ("RoleEligibilitySchedule.Remove.Directory", Some(Directory)),
            ("PrivilegedAccess.ReadWrite.AzureADGroup", Some(Directory)),
            ("Policy.ReadWrite.ConditionalAccess", Some(Directory)),
            ("UserAuthenticationMethod.ReadWrite.All", Some(Directory)),
            ("User-PasswordProfile.ReadWrite.All", Some(Directory)),
            ("Mail.Read", Some(Contents)),
            ("Mail.Send", Some(Contents)),
            ("Files.Read.All", Some(Contents)),
            ("Sites.FullControl.All", Some(Contents)),
            ("Chat.Read.All", Some(Contents)),
            ("ChannelMessage.Read.All", Some(Contents)),
            ("Directory.Read.All", None),
            ("User.Read", None),
            ("User.ReadWrite", None),
            ("User.Read.All", None),
            ("UserAuthenticationMethod.Read.All", None),
            ("Files.Read", None),
            ("Sites.Selected", None),
            ("Policy.Read.All", None),
            ("Calendars.ReadWrite", None),
            ("openid", None),
        ] {
            assert_eq!(reach(MICROSOFT_GRAPH, permission), expected, "{permission}");
        }
        assert_eq!(reach(EXCHANGE, "full_access_as_app"), Some(Contents));
        assert_eq!(reach("fab00006-0000-4000-8000-000000000001", "Directory.ReadWrite.All"), None, "of another API");
        assert!(has_privileged(&SHAREPOINT.to_uppercase()) && !has_privileged("fab00006-0000-4000-8000-000000000001"));
    }

    #[test]
    fn each_pattern_stands_once() {
        let keys: Vec<_> = PRIVILEGED.iter().map(|row| (row.api, row.pattern)).collect();
        assert!(keys.windows(2).all(|two| two[0].0 != two[1].0 || two[0].1 != two[1].1));
        let all: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(all.len(), keys.len());
    }
}

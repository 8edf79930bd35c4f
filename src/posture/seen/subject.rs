//! The facts that a gap can be about.

use std::fmt::{self, Display, Formatter};

/// A fact that may not have been seen. The order is that of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Application permissions that were consented.
    AppRoleAssignments,
    /// Registrations of applications.
    Applications,
    /// What recommendations mean.
    AssessmentMetadata,
    /// Defender recommendations.
    Assessments,
    /// Clusters of Azure Kubernetes Service.
    Clusters,
    /// The credential of the sign-in, and when it ends.
    Credential,
    /// Deny assignments.
    DenyAssignments,
    /// How long active directory roles last.
    DirectoryRoleAssignmentSchedules,
    /// Directory roles that are active.
    DirectoryRoleAssignments,
    /// Directory roles, and what they allow.
    DirectoryRoles,
    /// Directory roles that could be activated.
    EligibleDirectoryRoleAssignments,
    /// Roles that could be activated.
    EligibleRoleAssignments,
    /// Who is in groups.
    GroupMembers,
    /// Groups, and those that somebody is in.
    Groups,
    /// Management groups, and what stands below them.
    ManagementGroups,
    /// Delegated permissions that were consented.
    OAuth2PermissionGrants,
    /// The tenant, as its directory describes it.
    Organization,
    /// What the sign-in may do at a scope.
    Permissions,
    /// Defender plans.
    Plans,
    /// Resource providers, and whether they are registered.
    Providers,
    /// Jobs that provision people to applications.
    Provisioning,
    /// Whether Resource Graph answers.
    ResourceGraph,
    /// Resource groups.
    ResourceGroups,
    /// Types that a resource provider has.
    ResourceTypes,
    /// Resources by type.
    Resources,
    /// How long active roles last.
    RoleAssignmentSchedules,
    /// Roles that are active.
    RoleAssignments,
    /// Roles, and what they allow.
    RoleDefinitions,
    /// Service principals.
    ServicePrincipals,
    /// The sign-in.
    SignIn,
    /// Licences of the tenant.
    SubscribedSkus,
    /// Subscriptions.
    Subscriptions,
    /// Tags of resources.
    Tags,
    /// The document that tells a tenant and its cloud.
    TenantDiscovery,
    /// What the token of the sign-in says.
    Token,
    /// Users.
    Users,
    /// What Defender found inside machines, images and databases.
    Vulnerabilities,
}

impl Subject {
    /// Every subject, in the order of the words.
    pub const ALL: [Self; 37] = [
        Self::AppRoleAssignments,
        Self::Applications,
        Self::AssessmentMetadata,
        Self::Assessments,
        Self::Clusters,
        Self::Credential,
        Self::DenyAssignments,
        Self::DirectoryRoleAssignmentSchedules,
        Self::DirectoryRoleAssignments,
        Self::DirectoryRoles,
        Self::EligibleDirectoryRoleAssignments,
        Self::EligibleRoleAssignments,
        Self::GroupMembers,
        Self::Groups,
        Self::ManagementGroups,
        Self::OAuth2PermissionGrants,
        Self::Organization,
        Self::Permissions,
        Self::Plans,
        Self::Providers,
        Self::Provisioning,
        Self::ResourceGraph,
        Self::ResourceGroups,
        Self::ResourceTypes,
        Self::Resources,
        Self::RoleAssignmentSchedules,
        Self::RoleAssignments,
        Self::RoleDefinitions,
        Self::ServicePrincipals,
        Self::SignIn,
        Self::SubscribedSkus,
        Self::Subscriptions,
        Self::Tags,
        Self::TenantDiscovery,
        Self::Token,
        Self::Users,
        Self::Vulnerabilities,
    ];

    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::AppRoleAssignments => "app_role_assignments",
            Self::Applications => "applications",
            Self::AssessmentMetadata => "assessment_metadata",
            Self::Assessments => "assessments",
            Self::Clusters => "clusters",
            Self::Credential => "credential",
            Self::DenyAssignments => "deny_assignments",
            Self::DirectoryRoleAssignmentSchedules => "directory_role_assignment_schedules",
            Self::DirectoryRoleAssignments => "directory_role_assignments",
            Self::DirectoryRoles => "directory_roles",
            Self::EligibleDirectoryRoleAssignments => "eligible_directory_role_assignments",
            Self::EligibleRoleAssignments => "eligible_role_assignments",
            Self::GroupMembers => "group_members",
            Self::Groups => "groups",
            Self::ManagementGroups => "management_groups",
            Self::OAuth2PermissionGrants => "oauth2_permission_grants",
            Self::Organization => "organization",
            Self::Permissions => "permissions",
            Self::Plans => "plans",
            Self::Providers => "providers",
            Self::Provisioning => "provisioning",
            Self::ResourceGraph => "resource_graph",
            Self::ResourceGroups => "resource_groups",
            Self::ResourceTypes => "resource_types",
            Self::Resources => "resources",
            Self::RoleAssignmentSchedules => "role_assignment_schedules",
            Self::RoleAssignments => "role_assignments",
            Self::RoleDefinitions => "role_definitions",
            Self::ServicePrincipals => "service_principals",
            Self::SignIn => "sign_in",
            Self::SubscribedSkus => "subscribed_skus",
            Self::Subscriptions => "subscriptions",
            Self::Tags => "tags",
            Self::TenantDiscovery => "tenant_discovery",
            Self::Token => "token",
            Self::Users => "users",
            Self::Vulnerabilities => "vulnerabilities",
        }
    }
}

impl Display for Subject {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_sort_as_their_words_do() {
        assert!(Subject::ALL.windows(2).all(|two| two[0] < two[1] && two[0].word() < two[1].word()));
    }
}

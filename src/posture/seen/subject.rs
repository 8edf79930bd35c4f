//! The facts that a gap can be about.

use std::fmt::{self, Display, Formatter};

use crate::posture::words::words;

words! {
    /// A fact that may not have been seen. The order is that of the words.
    pub enum Subject {
        /// Groups of receivers of Azure Monitor.
        ActionGroups = "action_groups",
        /// Alert rules on the activity log.
        ActivityLogAlerts = "activity_log_alerts",
        /// What is exported of the activity log.
        ActivityLogExport = "activity_log_export",
        /// Defender alerts.
        Alerts = "alerts",
        /// Application permissions that were consented.
        AppRoleAssignments = "app_role_assignments",
        /// Registrations of applications.
        Applications = "applications",
        /// What recommendations mean.
        AssessmentMetadata = "assessment_metadata",
        /// Defender recommendations.
        Assessments = "assessments",
        /// The ways to sign in.
        AuthenticationMethods = "authentication_methods",
        /// What kinds of sign-in are strong enough.
        AuthenticationStrengths = "authentication_strengths",
        /// What users and guests may do without any role.
        AuthorizationPolicy = "authorization_policy",
        /// Clusters of Azure Kubernetes Service.
        Clusters = "clusters",
        /// Policies of Conditional Access.
        ConditionalAccessPolicies = "conditional_access_policies",
        /// How users ask for consent.
        ConsentPolicy = "consent_policy",
        /// The credential of the sign-in, and when it ends.
        Credential = "credential",
        /// What is trusted of other tenants.
        CrossTenantAccess = "cross_tenant_access",
        /// Deny assignments.
        DenyAssignments = "deny_assignments",
        /// How long active directory roles last.
        DirectoryRoleAssignmentSchedules = "directory_role_assignment_schedules",
        /// Directory roles that are active.
        DirectoryRoleAssignments = "directory_role_assignments",
        /// Directory roles, and what they allow.
        DirectoryRoles = "directory_roles",
        /// Settings of the directory that have no place of their own.
        DirectorySettings = "directory_settings",
        /// Domains of the tenant.
        Domains = "domains",
        /// Directory roles that could be activated.
        EligibleDirectoryRoleAssignments = "eligible_directory_role_assignments",
        /// Roles that could be activated.
        EligibleRoleAssignments = "eligible_role_assignments",
        /// Whose tokens applications take for their own.
        FederatedCredentials = "federated_credentials",
        /// Who is in groups.
        GroupMembers = "group_members",
        /// Groups, and those that somebody is in.
        Groups = "groups",
        /// Management groups, and what stands below them.
        ManagementGroups = "management_groups",
        /// Alert rules on metrics.
        MetricAlerts = "metric_alerts",
        /// Locations that Conditional Access names.
        NamedLocations = "named_locations",
        /// Delegated permissions that were consented.
        OAuth2PermissionGrants = "oauth2_permission_grants",
        /// The tenant, as its directory describes it.
        Organization = "organization",
        /// Who owns applications.
        Owners = "owners",
        /// What the sign-in may do at a scope.
        Permissions = "permissions",
        /// Defender plans.
        Plans = "plans",
        /// Policy assignments.
        PolicyAssignments = "policy_assignments",
        /// Policy definitions.
        PolicyDefinitions = "policy_definitions",
        /// Policy exemptions.
        PolicyExemptions = "policy_exemptions",
        /// Initiatives: policy definitions that belong together.
        PolicySetDefinitions = "policy_set_definitions",
        /// What Azure Policy found of resources.
        PolicyStates = "policy_states",
        /// Resource providers, and whether they are registered.
        Providers = "providers",
        /// Jobs that provision people to applications.
        Provisioning = "provisioning",
        /// Alert rules on the results of queries.
        QueryAlerts = "query_alerts",
        /// Which methods of signing in people have registered.
        RegistrationDetails = "registration_details",
        /// Assessments of the controls of standards.
        RegulatoryComplianceAssessments = "regulatory_compliance_assessments",
        /// Controls of standards.
        RegulatoryComplianceControls = "regulatory_compliance_controls",
        /// Standards of regulatory compliance.
        RegulatoryComplianceStandards = "regulatory_compliance_standards",
        /// What is sent of the logs and metrics of resources.
        ResourceDiagnosticSettings = "resource_diagnostic_settings",
        /// Whether Resource Graph answers.
        ResourceGraph = "resource_graph",
        /// Resource groups.
        ResourceGroups = "resource_groups",
        /// Types that a resource provider has.
        ResourceTypes = "resource_types",
        /// Resources by type.
        Resources = "resources",
        /// How long active roles last.
        RoleAssignmentSchedules = "role_assignment_schedules",
        /// Roles that are active.
        RoleAssignments = "role_assignments",
        /// Roles, and what they allow.
        RoleDefinitions = "role_definitions",
        /// What the secure score is made of.
        SecureScoreControls = "secure_score_controls",
        /// The secure score.
        SecureScores = "secure_scores",
        /// Whom Defender for Cloud tells.
        SecurityContacts = "security_contacts",
        /// Whether security defaults are on.
        SecurityDefaults = "security_defaults",
        /// Service principals.
        ServicePrincipals = "service_principals",
        /// The sign-in.
        SignIn = "sign_in",
        /// When accounts were last signed in with.
        SignInActivity = "sign_in_activity",
        /// Assignments of Defender's standards, exemptions among them.
        StandardAssignments = "standard_assignments",
        /// Licences of the tenant.
        SubscribedSkus = "subscribed_skus",
        /// Subscriptions.
        Subscriptions = "subscriptions",
        /// Tags of resources.
        Tags = "tags",
        /// The document that tells a tenant and its cloud.
        TenantDiscovery = "tenant_discovery",
        /// What the token of the sign-in says.
        Token = "token",
        /// Users.
        Users = "users",
        /// What Defender found inside machines, images and databases.
        Vulnerabilities = "vulnerabilities",
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

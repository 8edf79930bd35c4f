//! Microsoft Graph: permissions, consent, licences, provisioning.

use super::*;

const DIRECTORY: &str = "7ab1d382-f21e-4acd-a863-ba3e13f7da61";
const POLICY: &str = "246dd0d5-5bd0-4def-940b-0421030a5b68";
const AUDIT_LOG: &str = "b0afded3-3588-46d8-8b3d-9842eff778da";
const ROLE_MANAGEMENT: &str = "483bed4a-2ad3-4361-a73b-c83ccdbdc53c";
const SYNCHRONIZATION: &str = "5ba43d2f-fa88-4db2-bd1c-a67c5f0fb1ce";
const ACCESS_REVIEW: &str = "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa";

/// Asks for a permission as Delegated instead of Application.
fn requested_as_delegated(tenant: &Tenant, id: &str, scope: &str) {
    tenant
        .edit("applications", |list| {
            let access = list["value"][0]["requiredResourceAccess"][0]["resourceAccess"].as_array_mut().unwrap();
            let own = access.iter_mut().find(|one| one["id"] == id).unwrap();
            *own = json!({"id": scope, "type": "Scope"});
        })
        .unwrap();
}

#[tokio::test]
async fn a_permission_without_consent_is_named_with_the_command_that_gives_it() {
    for (key, id, name) in
        [("graph_policy_read", POLICY, "Policy.Read.All"), ("graph_audit_log_read", AUDIT_LOG, "AuditLog.Read.All")]
    {
        let row = check(without_consent(&[id]), key).await;
        says(&row, "fail", &[name, "reason=consent_missing", "az ad app permission admin-consent --id", "stay unknown"]);
        assert_eq!(row["level"], "advisory");
    }
    says(&check(without_consent(&[POLICY]), "graph_admin_consent").await, "fail", &["missing=Policy.Read.All"]);
}

#[tokio::test]
async fn delegated_is_not_application() {
    let tenant = without_consent(&[POLICY]);
    requested_as_delegated(&tenant, POLICY, "572fea84-0151-49b2-9301-11cb16974376");
    let row = check(tenant.clone(), "graph_policy_read").await;
    says(&row, "fail", &["reason=delegated_only", "Application permissions", &format!("{POLICY}=Role")]);
    says(&check(tenant, "graph_permission_kind").await, "pass", &["roles=2"]);
}

#[tokio::test]
async fn a_delegated_permission_that_no_required_check_lacks_says_nothing_against_the_kind() {
    let delegated = |id: &'static str, more: &[&str]| {
        let tenant = without_consent(more);
        tenant
            .edit("applications", |list| {
                let access = list["value"][0]["requiredResourceAccess"][0]["resourceAccess"].as_array_mut().unwrap();
                access.push(json!({"id": id, "type": "Scope"}));
            })
            .unwrap();
        tenant
    };
    for scope in
        ["ebfcd32b-babb-40f4-a14b-42706e83bd28", "741c54c3-0c1e-44a1-818b-3f97ab4e8c83", "7aa02aeb-824f-4fbe-a3f7-611f751f5b55"]
    {
        says(&check(delegated(scope, &[]), "graph_permission_kind").await, "pass", &["roles=3"]);
    }
    // Directory.Read.All as Delegated, while the finer Application permissions stand for it.
    let finer = with_claims(delegated("06da0dbc-49e2-44d2-8312-53f166ab848a", &[DIRECTORY]), |claims| {
        if claims["roles"].is_array() {
            claims["roles"] = json!([
                "Application.Read.All",
                "AuditLog.Read.All",
                "GroupMember.Read.All",
                "Policy.Read.All",
                "RoleManagement.Read.Directory",
                "User.Read.All"
            ]);
        }
    });
    says(&check(finer, "graph_permission_kind").await, "pass", &["roles=6"]);
}

#[tokio::test]
async fn an_application_without_any_permission_is_told_which_kind_to_ask_for() {
    let bare = || without_consent(&[DIRECTORY, POLICY, AUDIT_LOG]);
    says(&check(bare(), "graph_permission_kind").await, "fail", &["roles=0", &format!("{DIRECTORY}=Role")]);
    says(&check(bare(), "graph_reachable").await, "fail", &["reason=forbidden", "Organization.Read.All"]);
    says(&check(bare(), "graph_directory_read").await, "fail", &["reason=not_granted", "Directory.Read.All"]);
    assert_eq!(answer(bare()).await["ready"], false);
}

#[tokio::test]
async fn the_finer_permissions_together_stand_for_the_directory() {
    let tenant = with_claims(Tenant::demo(), |claims| {
        if claims["roles"].is_array() {
            claims["roles"] = json!([
                "User.Read.All",
                "GroupMember.Read.All",
                "Application.Read.All",
                "RoleManagement.Read.Directory",
                "Organization.Read.All"
            ]);
        }
    });
    says(&check(tenant.clone(), "graph_directory_read").await, "pass", &["GroupMember.Read.All is held"]);
    says(&check(tenant, "graph_role_schedules_read").await, "pass", &["is included in RoleManagement.Read.Directory"]);
}

#[tokio::test]
async fn optional_permissions_are_advice_and_pass_when_they_are_there() {
    for (key, id, name) in [
        ("graph_role_schedules_read", ROLE_MANAGEMENT, "RoleAssignmentSchedule.Read.Directory"),
        ("graph_access_review_read", ACCESS_REVIEW, "AccessReview.Read.All"),
        ("graph_synchronization_read", SYNCHRONIZATION, "Synchronization.Read.All"),
    ] {
        let missing = check(Tenant::demo(), key).await;
        says(&missing, "fail", &[name, "reason=not_requested", "=Role"]);
        assert_eq!(missing["level"], "advisory");
        says(&check(with_consent(id), key).await, "pass", &[]);
    }
}

#[tokio::test]
async fn without_a_token_for_microsoft_graph_its_checks_are_unknown_and_the_others_are_not() {
    let answer = answer(without_graph(Tenant::demo())).await;
    for id in [
        "graph_access_review_read",
        "graph_audit_log_read",
        "graph_directory_read",
        "graph_permission_kind",
        "graph_policy_read",
        "graph_role_schedules_read",
        "graph_synchronization_read",
    ] {
        says(&row(&answer, id), "unknown", &["AADSTS65001"]);
    }
    says(&row(&answer, "graph_reachable"), "fail", &["AADSTS65001"]);
    says(&row(&answer, &production("role_reader")), "pass", &[]);
    assert_eq!(
        (&answer["ready"], &answer["complete"], &answer["graph_permissions"]),
        (&json!(false), &json!(false), &Json::Null)
    );
}

#[tokio::test]
async fn what_is_requested_has_to_be_readable_for_consent_to_be_judged() {
    says(&check(refused("/v1.0/applications"), "graph_admin_consent").await, "unknown", &["reason=forbidden"]);
    let grants = refused("/appRoleAssignments");
    says(&check(grants, "graph_admin_consent").await, "unknown", &["reason=forbidden"]);
    let foreign = edited("service-principals", |list| {
        let own = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["id"] == PRINCIPAL_ID).unwrap();
        own["appOwnerOrganizationId"] = json!("11111111-2222-3333-4444-555555555555");
    });
    says(&check(foreign, "graph_admin_consent").await, "not_applicable", &["another tenant"]);
}

#[tokio::test(start_paused = true)]
async fn microsoft_graph_that_is_not_there_fails_and_one_that_stumbles_is_unknown() {
    let at = || Fault::on("/v1.0/organization");
    let gone = Tenant::demo().with_fault(at().drop_connection());
    says(&check(gone, "graph_reachable").await, "fail", &["graph.demo.azposture"]);
    let stumbling = Tenant::demo().with_fault(at().answer(503));
    says(&check(stumbling, "graph_reachable").await, "unknown", &["reason=unavailable"]);
}

#[tokio::test]
async fn licences_count_only_while_they_are_active() {
    let without = |plan: &'static str| {
        edited("subscribed-skus", move |list| {
            list["value"][0]["servicePlans"].as_array_mut().unwrap().retain(|own| own["servicePlanName"] != plan);
        })
    };
    says(&check(without("AAD_PREMIUM_P2"), "license_p2").await, "fail", &["PIM", "licences=P1"]);
    says(&check(without("AAD_PREMIUM"), "license_p1").await, "pass", &["P2"]);
    let suspended = || edited("subscribed-skus", |list| list["value"][0]["capabilityStatus"] = json!("Suspended"));
    says(&check(suspended(), "license_p1").await, "fail", &["Conditional Access"]);
    for key in ["license_p1", "license_p2"] {
        says(&check(refused("/v1.0/subscribedSkus"), key).await, "unknown", &["reason=forbidden"]);
    }
}

#[tokio::test]
async fn provisioning_needs_its_application_and_a_scope_it_could_override() {
    says(
        &check(Tenant::demo(), "scim_overrides_scope").await,
        "not_applicable",
        &["reason=needs_input", "provisioning_client_ids"],
    );
    let arguments =
        json!({"check_ids": ["scim_overrides_scope"], "provisioning_client_ids": ["fab00006-0000-4000-8000-000000000007"]});
    let answer = Inside::on(Tenant::demo()).await.read("connection", arguments).await.ok();
    says(&row(&answer, "scim_overrides_scope"), "not_applicable", &["identity_scope"]);
    let strange = "fab00006-0000-4000-8000-0000000000ff";
    let arguments = json!({"check_ids": ["scim_overrides_scope"], "provisioning_client_ids": [strange]});
    let reading = Inside::on(Tenant::demo()).await.read("connection", arguments).await;
    assert!(reading.warnings().contains(&"Application matches nothing"), "{:?}", reading.said);
    let told = format!("no application in the tenant has the client id {strange}");
    says(&row(&reading.ok(), "scim_overrides_scope"), "not_applicable", &[&told]);
    says(&check(Tenant::demo(), "leavers_in_scope").await, "not_applicable", &["identity_scope"]);
}

/// A grant of a third API says nothing about the one that was asked, whatever id the permission has.
#[tokio::test]
async fn consent_to_one_api_is_no_consent_to_another_whose_permission_has_the_same_id() {
    const ASKED: &str = "fab00006-0000-4000-8000-000000000007";
    const PRINCIPAL: &str = "fab00004-0000-4000-8000-000000000007";
    const THIRD: &str = "fab00004-0000-4000-8000-0000000000cc";
    const ROLE: &str = "fab000aa-0000-4000-8000-000000000001";
    let granted_by = |resource: &str| {
        let tenant = edited("applications", |list| {
            let requested = list["value"][0]["requiredResourceAccess"].as_array_mut().unwrap();
            requested.push(json!({"resourceAppId": ASKED, "resourceAccess": [{"id": ROLE, "type": "Role"}]}));
        });
        let grant = |list: &mut Json| {
            let mut row = list["value"][0].clone();
            (row["id"], row["appRoleId"], row["resourceId"]) = (json!("FabAppRoleAssignmentFF"), json!(ROLE), json!(resource));
            list["value"].as_array_mut().unwrap().push(row);
        };
        tenant.edit("app-role-assignments", grant).unwrap();
        tenant
    };
    let unread = || Fault::on(format!("/servicePrincipals(appId='{ASKED}')")).refuse(403, "Authorization_RequestDenied", "no");
    let consent = async |tenant: Tenant| check(tenant, "graph_admin_consent").await;
    says(&consent(granted_by(PRINCIPAL)).await, "pass", &["requested=4"]);
    says(&consent(granted_by(THIRD)).await, "fail", &[&format!("missing={ROLE}")]);
    for resource in [PRINCIPAL, THIRD] {
        says(&consent(granted_by(resource).with_fault(unread())).await, "unknown", &["reason=forbidden"]);
    }
}

#[tokio::test]
async fn licences_that_are_null_are_a_gap() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscribed-skus", |list| {
            (list["value"][1]["capabilityStatus"], list["value"][1]["servicePlans"]) = (json!("Enabled"), Json::Null);
        })
        .unwrap();
    let reading = Inside::by_arm(tenant).await.read("connection", json!({"check_ids": ["subscription_enabled"]})).await;
    let gaps = reading.gaps();
    let answer = reading.ok();
    assert!(gaps.iter().any(|gap| gap.starts_with("subscribed_skus ")), "{gaps:?}");
    assert_eq!((&answer["license_plans"], &answer["complete"]), (&Json::Null, &json!(false)));
}

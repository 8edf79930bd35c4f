//! Well-known built-in roles of Azure: their GUIDs are the same in every tenant and cloud. Where a service is asked, it decides; this
//! table serves the offline function, and finds the nearest name of a misspelt one.

use super::{Permission, covers};

/// The built-in role of this name, without case.
pub fn by_name(name: &str) -> Option<(&'static str, &'static str)> {
    ROLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
}

/// The names of all roles in the table, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|(name, _)| *name)
}

/// What a built-in role allows, with the condition that it is known to have. API version 2022-04-01 of role definitions need not say it:
/// `condition` of a permission is in the specification from 2022-05-01-preview on.
pub fn with_known_condition(guid: &str, permissions: Vec<Permission>) -> Vec<Permission> {
    if !DELEGATING.iter().any(|known| known.eq_ignore_ascii_case(guid)) {
        return permissions;
    }
    let is_full = |one: &Permission| !one.conditional;
    let (full, mut known): (Vec<_>, Vec<_>) = permissions.into_iter().partition(is_full);
    for mut one in full {
        let given = GIVING.iter().filter(|action| covers(std::slice::from_ref(&one), action));
        let actions: Vec<String> = given.map(|action| (*action).to_owned()).collect();
        one.not_actions.extend(actions.iter().cloned());
        known.extend([one, Permission { actions, conditional: true, ..Permission::default() }]);
    }
    known
}

/// What the conditions of these roles narrow.
const GIVING: [&str; 2] = ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"];

/// Built-in roles that let their holder give and take certain roles only: Key Vault Data Access Administrator, Azure Container Storage
/// Contributor and Owner, Azure Stack HCI Administrator. Those with a row "Condition" in Microsoft's pages "Azure built-in roles" for
/// Storage and "Hybrid + multicloud", and the one that "Delegate Azure access management to others" names.
const DELEGATING: &[&str] = &[
    "8b54135c-b56d-4d72-a534-26097cfdc8d8",
    "95dd08a6-00bd-4661-84bf-f6726f83a4d0",
    "95de85bd-744d-4664-9dde-11430bc34793",
    "bda0d508-adf1-4af0-9c28-88919fc3ae06",
];

/// The GUID of Owner.
pub const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

/// Names and GUIDs. Every row was checked twice: against Microsoft's page "Azure built-in roles" of 2026-09-10 (in the sources of the
/// documentation `articles/role-based-access-control/built-in-roles.md`), and against `name` and `roleName` of the role's definition.
const ROLES: &[(&str, &str)] = &[
    ("AcrDelete", "c2f4ef07-c644-48eb-af81-4b1b4947fb11"),
    ("AcrImageSigner", "6cef56e8-d556-48e5-a04f-b8e64114680f"),
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("AcrQuarantineReader", "cdda3590-29a3-44f6-95f2-9f980659eb04"),
    ("AcrQuarantineWriter", "c8d4ff99-41c3-41a8-9f60-21dfdad59608"),
    ("API Management Service Contributor", "312a565d-c81f-4fd8-895a-4e21e48d571c"),
    ("API Management Service Operator Role", "e022efe7-f5ba-4159-bbe4-b44f577e9b61"),
    ("API Management Service Reader Role", "71522526-b88f-4d52-b57f-d31fc3546d0d"),
    ("App Compliance Automation Reader", "ffc6bbe0-e443-4c3b-bf54-26581bb2f78e"),
    ("App Configuration Contributor", "fe86443c-f201-4fc4-9d2a-ac61149fbda0"),
    ("App Configuration Data Owner", "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b"),
    ("App Configuration Data Reader", "516239f1-63e1-4d78-a4de-a74fb236a071"),
    ("App Configuration Reader", "175b81b9-6e0d-490a-85e4-0d422273c10c"),
    ("Application Insights Component Contributor", "ae349356-3a1b-4a5e-921d-050484c6347e"),
    ("Application Insights Snapshot Debugger", "08954f03-6346-4c2e-81c0-ec3a5cfae23b"),
    ("Automation Contributor", "f353d9bd-d4a6-484e-a77a-8050b599b867"),
    ("Automation Job Operator", "4fe576fe-1146-4730-92eb-48519fa6bf9f"),
    ("Automation Operator", "d3881f73-407a-4167-8283-e981cbba0404"),
    ("Automation Runbook Operator", "5fb5aef8-1081-4b8e-bb16-9d5d0385bab5"),
    ("Azure Connected Machine Onboarding", "b64e21ea-ac4e-4cdf-9dc9-5b892992bee7"),
    ("Azure Connected Machine Resource Administrator", "cd570a14-e51a-42ad-bac8-bafd67325302"),
    ("Azure Event Hubs Data Owner", "f526a384-b230-433a-b45c-95f59c4a2dec"),
    ("Azure Event Hubs Data Receiver", "a638d3c7-ab3a-418d-83e6-5f17a39d4fde"),
    ("Azure Event Hubs Data Sender", "2b629674-e913-4c01-ae53-ef4638d8f975"),
    ("Azure Kubernetes Service Cluster Admin Role", "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8"),
    ("Azure Kubernetes Service Cluster Monitoring User", "1afdec4b-e479-420e-99e7-f82237c7c5e6"),
    ("Azure Kubernetes Service Cluster User Role", "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"),
    ("Azure Kubernetes Service Contributor Role", "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8"),
    ("Azure Kubernetes Service RBAC Admin", "3498e952-d568-435e-9b2c-8d77e338d7f7"),
    ("Azure Kubernetes Service RBAC Cluster Admin", "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"),
    ("Azure Kubernetes Service RBAC Reader", "7f6c6a51-bcf8-42ba-9220-52d62157d7db"),
    ("Azure Kubernetes Service RBAC Writer", "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb"),
    ("Azure Managed Grafana Workspace Contributor", "5c2d7e57-b7c2-4d8a-be4f-82afa42c6e95"),
    ("Azure Service Bus Data Owner", "090c5cfd-751d-490a-894a-3ce6f1109419"),
    ("Azure Service Bus Data Receiver", "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"),
    ("Azure Service Bus Data Sender", "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"),
    ("Backup Contributor", "5e467623-bb1f-42f4-a55d-6e525e11384b"),
    ("Backup MUA Admin", "c2a970b4-16a7-4a51-8c84-8a8ea6ee0bb8"),
    ("Backup MUA Operator", "f54b6d04-23c6-443e-b462-9c16ab7b4a52"),
    ("Backup Operator", "00c29273-979b-4161-815c-10b084fb9324"),
    ("Backup Reader", "a795c7a0-d4a2-40c1-ae25-d81f01202912"),
    ("Billing Reader", "fa23ad8b-c56e-40d8-ac0c-ce449e1d2c64"),
    ("CDN Endpoint Contributor", "426e0c7f-0c7e-4658-b36f-ff54d6c29b45"),
    ("CDN Profile Contributor", "ec156ff8-a8d1-4d15-830c-5b80698ca432"),
    ("CDN Profile Reader", "8f96442b-4075-438f-813d-ad51ab4019af"),
    ("Cognitive Services Contributor", "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68"),
    ("Cognitive Services OpenAI Contributor", "a001fd3d-188f-4b5d-821b-7da978bf7442"),
    ("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    ("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908"),
    ("Container Registry Repository Catalog Lister", "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"),
    ("Container Registry Repository Contributor", "2efddaa5-3f1f-4df3-97df-af3f13818f4c"),
    ("Container Registry Repository Reader", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
    ("Container Registry Repository Writer", "2a1e307c-b015-4ebd-883e-5b7698a07328"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Cosmos DB Account Reader Role", "fbdf93bf-df7d-467e-a4d2-9458aa1360c8"),
    ("Cosmos DB Operator", "230815da-be43-4aae-9cb4-875f7bd000aa"),
    ("CosmosBackupOperator", "db7b14f2-5adf-42da-9f96-f2ee17bab5cb"),
    ("CosmosRestoreOperator", "5432c526-bc82-444a-b7ba-57c5b0b5b34f"),
    ("Cost Management Contributor", "434105ed-43f6-45c7-a02f-909b2ba83430"),
    ("Cost Management Reader", "72fafb9e-0641-4937-9268-a91bfd8191a3"),
    ("Data Factory Contributor", "673868aa-7521-48a0-acc6-0f60742d39f5"),
    ("Data Purger", "150f5e0c-0603-4f03-8c7f-cf70034c4e90"),
    ("Desktop Virtualization User", "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63"),
    ("DNS Zone Contributor", "befefa01-2a29-4197-83a8-272ff33ce314"),
    ("DocumentDB Account Contributor", "5bd9cd88-fe45-4216-938b-f97437e15450"),
    ("EventGrid Data Sender", "d5a91429-5739-47e2-a06b-3470a27159e7"),
    ("EventGrid EventSubscription Contributor", "428e0ff0-5e57-4d9c-a221-2c70d0e0a443"),
    ("EventGrid EventSubscription Reader", "2414bbcf-6497-4faf-8c65-045460748405"),
    ("Grafana Admin", "22926164-76b3-42b3-bc55-97df8dab3e41"),
    ("Grafana Editor", "a79a5197-3a5c-4973-a920-486035ffd60f"),
    ("Grafana Limited Viewer", "41e04612-9dac-4699-a02b-c82ff2cc3fb5"),
    ("Grafana Viewer", "60921a7e-fef1-4a43-9b16-a26c52ad4769"),
    ("Hierarchy Settings Administrator", "350f8d15-c687-4448-8ae1-157740a3936d"),
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"),
    ("Key Vault Certificates Officer", "a4417e6f-fecd-4de8-b567-7b0420556985"),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("Key Vault Crypto Service Release User", "08bbd89e-9f13-488c-ac41-acfcb10c90ab"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Data Access Administrator", "8b54135c-b56d-4d72-a534-26097cfdc8d8"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Locks Contributor", "28bf596f-4eb7-45ce-b5bc-6cf482fec137"),
    ("Log Analytics Contributor", "92aaf0da-9dab-42b6-94a3-d43ce8d16293"),
    ("Log Analytics Data Reader", "3b03c2da-16b3-4a49-8834-0f8130efdd3b"),
    ("Log Analytics Reader", "73c42c96-874c-492b-b04d-ab87d138a893"),
    ("Logic App Contributor", "87a39d53-fc1b-424a-814c-f7e04687dc9e"),
    ("Logic App Operator", "515c2055-d9d4-4321-b1b9-bd0c9a0f79fe"),
    ("Managed HSM contributor", "18500a29-7fe2-46b2-a342-b16a415e101d"),
    ("Managed Identity Contributor", "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"),
    ("Managed Identity Operator", "f1a07417-d97a-45cb-824c-7a7467783830"),
    ("Management Group Contributor", "5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c"),
    ("Management Group Reader", "ac63b705-f282-497d-ac71-919bf39d939d"),
    ("Microsoft Sentinel Automation Contributor", "f4c81013-99ee-4d62-a7ee-b3f1f648599a"),
    ("Microsoft Sentinel Contributor", "ab8e14d6-4a74-4a29-9ba8-549422addade"),
    ("Microsoft Sentinel Playbook Operator", "51d6186e-6489-4900-b93f-92e23144cca5"),
    ("Microsoft Sentinel Reader", "8d289c81-5878-46d4-8554-54e1e3d8b5cb"),
    ("Microsoft Sentinel Responder", "3e150937-b8fe-4cfb-8069-0eaf05ecd056"),
    ("Monitoring Contributor", "749f88d5-cbae-40b8-bcfc-e573ddc772fa"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Monitoring Policy Contributor", "47be4a87-7950-4631-9daf-b664a405f074"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ("Owner", OWNER),
    ("Policy Insights Data Writer (Preview)", "66bb4e9e-b016-4a94-8249-4c0511c2be84"),
    ("Private DNS Zone Contributor", "b12aa53e-6015-4669-85d0-8515ebb3ae7f"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("Reader and Data Access", "c12c1c16-33a1-487b-954d-41c89c60f349"),
    ("Redis Cache Contributor", "e0f68234-74aa-48ed-b826-c38b57376e17"),
    ("Reservations Administrator", "a8889054-8d42-49c9-bc1c-52486c10e7cd"),
    ("Resource Policy Contributor", "36243c78-bf99-498c-9df9-86d9f8d28608"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
    ("Security Admin", "fb1c8493-542b-48eb-b624-b4c8fea62acd"),
    ("Security Assessment Contributor", "612c2aa1-cb24-443b-ac28-3ab7272de6f5"),
    ("Security Manager (Legacy)", "e3d13bf0-dd5a-482e-ba6b-9b8433878d10"),
    ("Security Reader", "39bc4728-0917-49c7-9d2c-d95423bc2eb4"),
    ("Site Recovery Contributor", "6670b86e-a3f7-4917-ac9b-5d6ab1be4567"),
    ("Site Recovery Operator", "494ae006-db33-4328-bf46-533a6560a3ca"),
    ("Site Recovery Reader", "dbaa88c4-0c30-4179-9fb3-46319faa6149"),
    ("SQL DB Contributor", "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec"),
    ("SQL Managed Instance Contributor", "4939a1f6-9ae0-4e48-a1e0-f2cbe897382d"),
    ("SQL Security Manager", "056cd41c-7e88-42e1-933e-88ba6a50c9c3"),
    ("SQL Server Contributor", "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437"),
    ("Storage Account Backup Contributor", "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1"),
    ("Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab"),
    ("Storage Account Key Operator Service Role", "81a9662b-bebf-436f-a333-f67b29880f12"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ("Storage Blob Delegator", "db58b8e5-c6ad-4a2a-8342-4190687cbf4a"),
    ("Storage File Data Privileged Contributor", "69566ab7-960f-475b-8e7c-b3118f30c6bd"),
    ("Storage File Data Privileged Reader", "b8eda974-7b85-4f76-af95-65846b26df6d"),
    ("Storage File Data SMB Admin", "bbf004e3-0e4b-4f86-ae4f-1f8fb47b357b"),
    ("Storage File Data SMB MI Admin", "a235d3ee-5935-4cfb-8cc5-a3303ad5995e"),
    ("Storage File Data SMB Share Contributor", "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb"),
    ("Storage File Data SMB Share Elevated Contributor", "a7264617-510b-434b-a828-9731dc254ea7"),
    ("Storage File Data SMB Share Reader", "aba4ae5f-2193-4029-9191-0cb91df5e314"),
    ("Storage File Delegator", "765a04e0-5de8-4bb2-9bf6-b2a30bc03e91"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("Storage Queue Data Message Processor", "8a0f0c08-91a1-4084-bc3d-661d67233fed"),
    ("Storage Queue Data Message Sender", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"),
    ("Storage Queue Data Reader", "19e7f393-937e-4f77-808e-94535e297925"),
    ("Storage Queue Delegator", "7ee386e9-84f0-448e-80a6-f185f6533131"),
    ("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
    ("Storage Table Data Reader", "76199698-9eea-4c19-bc75-cec21354c6b6"),
    ("Storage Table Delegator", "965033a5-c8eb-4f35-b82f-fef460a3606d"),
    ("Support Request Contributor", "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e"),
    ("Tag Contributor", "4a9ae827-6dc8-4573-8ac7-8239d42aa03f"),
    ("Traffic Manager Contributor", "a4b10055-b0c7-44c2-b00f-c7b5b3550cf7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("Virtual Machine Administrator Login", "1c0163c0-47e6-4577-8991-ea5c82e286e4"),
    ("Virtual Machine Contributor", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"),
    ("Virtual Machine User Login", "fb879df8-f326-4884-b1cf-06f3ad86be52"),
    ("Web Plan Contributor", "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b"),
    ("Website Contributor", "de139f84-1756-47ae-9be6-808fbbe84772"),
    ("Workbook Contributor", "e8ddcd69-c73f-4f9f-9844-4100522f16ad"),
    ("Workbook Reader", "b279062a-9be3-42a0-92ae-8b3cf002ec4d"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::posture::resource_id::guid;

    #[test]
    fn names_are_found_without_case() {
        assert_eq!(by_name("key vault READER"), Some(("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2")));
        assert_eq!(by_name("Key Vault Reeder"), None);
    }

    #[test]
    fn a_role_with_a_known_condition_gives_rights_on_that_condition_even_if_its_definition_does_not_say_so() {
        let written = || {
            let actions = ["Microsoft.Authorization/roleAssignments/*", "Microsoft.Support/*"];
            vec![Permission { actions: actions.map(str::to_owned).into(), ..Permission::default() }]
        };
        let known = with_known_condition("8B54135C-b56d-4d72-a534-26097cfdc8d8", written());
        assert!(!covers(&known, "Microsoft.Authorization/roleAssignments/write"));
        assert!(covers(&known, "Microsoft.Authorization/roleAssignments/read") && covers(&known, "Microsoft.Support/x/write"));
        assert!(known.iter().any(|one| one.conditional && one.actions == GIVING));
        assert_eq!(with_known_condition(OWNER, written()), written());
        let said: Vec<_> = written().into_iter().map(|one| Permission { conditional: true, ..one }).collect();
        assert_eq!(with_known_condition("8b54135c-b56d-4d72-a534-26097cfdc8d8", said.clone()), said);
        assert!(DELEGATING.iter().all(|id| guid(id).as_deref() == Some(*id)), "lower case");
    }

    #[test]
    fn the_table_is_sorted_and_every_name_and_guid_stands_there_once() {
        assert!(names().map(str::to_lowercase).is_sorted_by(|a, b| a < b));
        let guids: BTreeSet<_> = ROLES.iter().map(|(_, id)| guid(id).expect("a GUID")).collect();
        assert_eq!(guids.len(), ROLES.len());
        assert!(ROLES.iter().all(|(_, id)| guid(id).as_deref() == Some(*id)), "lower case");
    }
}

//! Functions: pure and offline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    posture::{
        rbac::{built_in, place::Kind},
        resource_id::ResourceId,
        roster,
    },
    provider::words::is_guid,
    sdk::{
        entry::{Function, FunctionEntry, FunctionError},
        rules::unknown_word,
    },
    text::quoted,
};

/// The functions of the provider.
pub const FUNCTIONS: &[FunctionEntry] =
    &[FunctionEntry::of::<NormalizeEmail>(), FunctionEntry::of::<ParseResourceId>(), FunctionEntry::of::<RoleDefinitionId>()];

/// One spelling of an e-mail address, as accounts are compared with a roster: without blanks around it, in lower case, without `smtp:` or
/// `mailto:` before it, and without `+tag`. Of the user principal name of a guest it is the address the guest was invited by:
/// `user_contoso.com#EXT#@x.onmicrosoft.com` becomes `user@contoso.com` (its last `_` is the `@`).
///
/// It is an error if the text has no `@` or several, or if nothing stands before or behind it.
#[derive(Deserialize, JsonSchema)]
struct NormalizeEmailArguments {
    /// The address.
    email: String,
}

struct NormalizeEmail;

impl Function for NormalizeEmail {
    const NAME: &'static str = "normalize_email";
    const SUMMARY: &'static str = "Spells an e-mail address alike";
    type Arguments = NormalizeEmailArguments;
    type Answer = String;

    fn call(arguments: NormalizeEmailArguments) -> Result<String, FunctionError> {
        let refused =
            |error| FunctionError::about(0, format!("`email` is {}, which is no address: {error}.", quoted(&arguments.email)));
        roster::normalized(&arguments.email).map_err(refused)
    }
}

/// Takes an Azure resource id apart. Parts the id does not have are null. `resource_type` is the full type
/// (`Microsoft.Sql/servers/databases`); of an extension resource's id the last provider counts, and `parent_id` is what it extends.
/// `id` is the canonical spelling, as the azurerm provider parses it.
///
/// The result has nine attributes, all strings: `subscription_id` (lower-case GUID), `resource_group_name`, `management_group_id`,
/// `provider_namespace` (`Microsoft.Sql`), `resource_type`, `name` (the last one), `parent_id` (what it stands in or extends),
/// `parent_name` and `id`.
///
/// It is an error if the text does not begin with `/`, if a segment has no name behind it, or if a subscription id is no GUID.
#[derive(Deserialize, JsonSchema)]
struct ParseResourceIdArguments {
    /// The resource id, in any case.
    id: String,
}

/// The parts of a resource id.
#[derive(Serialize, JsonSchema)]
struct ParsedResourceId {
    /// Lower-case GUID.
    subscription_id: Option<String>,
    /// As written.
    resource_group_name: Option<String>,
    /// As written.
    management_group_id: Option<String>,
    /// `Microsoft.Sql`
    provider_namespace: Option<String>,
    /// `Microsoft.Sql/servers/databases`
    resource_type: Option<String>,
    /// The last name.
    name: Option<String>,
    /// What it stands in or extends.
    parent_id: Option<String>,
    /// The name of the parent.
    parent_name: Option<String>,
    /// The canonical spelling.
    id: String,
}

struct ParseResourceId;

impl Function for ParseResourceId {
    const NAME: &'static str = "parse_resource_id";
    const SUMMARY: &'static str = "Takes an Azure resource id apart";
    type Arguments = ParseResourceIdArguments;
    type Answer = ParsedResourceId;

    fn call(arguments: ParseResourceIdArguments) -> Result<ParsedResourceId, FunctionError> {
        let parsed = ResourceId::parse(&arguments.id).map_err(|error| FunctionError::about(0, error.0))?;
        Ok(ParsedResourceId {
            subscription_id: parsed.subscription_id,
            resource_group_name: parsed.resource_group_name,
            management_group_id: parsed.management_group_id,
            provider_namespace: parsed.provider_namespace,
            resource_type: parsed.resource_type,
            name: parsed.name,
            parent_id: parsed.parent_id,
            parent_name: parsed.parent_name,
            id: parsed.id,
        })
    }
}

/// The id of a built-in role of Azure. With a subscription, or anything below one, as `scope` it is that subscription's form
/// of the id; with `""`, `/` or a management group it is the tenant's form.
///
/// It is offline: it knows Microsoft's list of built-in roles of April 2026, 498 of them, and names that some bore before. It is an error
/// if the name is none of these, or the scope is no scope. Take the id of a newer or a custom role from azurerm's data source
/// `azurerm_role_definition`.
#[derive(Deserialize, JsonSchema)]
struct RoleDefinitionIdArguments {
    /// The name of the role, without case: `Key Vault Reader`.
    name: String,
    /// Where the role is going to be given: a resource id, or `""` for none.
    #[schemars(extend("x-empty-allowed" = true))]
    scope: String,
}

struct RoleDefinitionId;

impl Function for RoleDefinitionId {
    const NAME: &'static str = "role_definition_id";
    const SUMMARY: &'static str = "Finds the id of a built-in role by its name";
    type Arguments = RoleDefinitionIdArguments;
    type Answer = String;

    fn call(arguments: RoleDefinitionIdArguments) -> Result<String, FunctionError> {
        let Some((_, guid)) = built_in::by_name(&arguments.name) else {
            if let Some(name) = built_in::by_guid(&arguments.name) {
                let text = format!("`name` is {:?}, which is an id. Its name is {name:?}.", arguments.name);
                return Err(FunctionError::about(0, text));
            }
            let names: Vec<String> = built_in::names().map(str::to_owned).collect();
            return Err(FunctionError::about(
                0,
                format!(
                    "`name` {} A role of your own, or one newer than this list, has no id without a tenant: take it from azurerm's data source \
                 azurerm_role_definition.",
                    unknown_word(&arguments.name, &names)
                ),
            ));
        };
        let scope = arguments.scope.as_str();
        if is_guid(scope) {
            let text = format!("`scope` is {scope:?}, which is no scope. A subscription is written \"/subscriptions/{scope}\".");
            return Err(FunctionError::about(1, text));
        }
        let id =
            ResourceId::parse(if scope.is_empty() { "/" } else { scope }).map_err(|error| FunctionError::about(1, error.0))?;
        let prefix = match (Kind::of(&id.id), id.subscription_id) {
            (Some(_), Some(subscription)) => format!("/subscriptions/{subscription}"),
            (Some(kind), None) if kind.is_above_subscriptions() => String::new(),
            _ => return Err(FunctionError::about(1, format!("`scope` is {}, which is no scope of Azure RBAC.", quoted(scope)))),
        };
        Ok(format!("{prefix}/providers/Microsoft.Authorization/roleDefinitions/{guid}"))
    }
}

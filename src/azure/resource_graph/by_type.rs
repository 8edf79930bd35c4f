//! Resources of several types in one query. A column of the query is a place below `properties` that a column of one of the types names:
//! whole bodies are never asked for, because they can hold secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value as Json};

use super::queries::of_subscriptions;
use crate::azure::{
    Client, Result,
    arm::{
        projection::Asked,
        typed::{Detailed, ResourceType},
    },
};

/// The name of the text.
pub const NAME: &str = "typed";

/// What the columns are called that hold parts of `properties`: a function of Kusto takes only so many arguments, and it is not documented
/// how many.
const PART: &str = "part";

/// How many properties one of them holds.
const MOST: usize = 16;

/// The text that asks for resources of these types.
pub fn text<'a>(types: impl Iterator<Item = &'a ResourceType> + Clone) -> String {
    let names: Vec<String> = types.clone().map(|one| format!("\"{}\"", one.name.to_ascii_lowercase())).collect();
    let mut all = Asked::Fields(BTreeMap::new());
    types.for_each(|one| all.and_all(one.asked()));
    let fields: Vec<(String, String)> = match &all {
        Asked::Fields(fields) => fields.iter().map(|(name, asked)| pair("properties", name, asked)).collect(),
        Asked::Whole => Vec::new(),
    };
    let parts = fields.chunks(MOST).enumerate().map(|(at, fields)| format!(", {PART}{at} = {}", pack(fields)));
    format!(
        "// azposture {NAME}\nresources\n| where type in ({})\n| project id, type, kind, location, managedBy, zones, tags, sku, \
         identity{}\n| order by id asc",
        names.join(", "),
        parts.collect::<String>()
    )
}

/// A field's name, and the expression for what of it is asked for.
fn pair(above: &str, name: &str, asked: &Asked) -> (String, String) {
    let path = match name.contains('-') {
        true => format!("{above}[\"{name}\"]"),
        false => format!("{above}.{name}"),
    };
    let value = match asked {
        Asked::Whole => path,
        Asked::Fields(fields) => pack(&fields.iter().map(|(name, asked)| pair(&path, name, asked)).collect::<Vec<_>>()),
    };
    (name.to_owned(), value)
}

fn pack(fields: &[(String, String)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\", {value}")).collect();
    format!("pack({})", pairs.join(", "))
}

/// The resources of these types in subscriptions, one by one, with the subscription and the lower-case type of each.
pub async fn resources(
    client: &Client,
    types: &[&ResourceType],
    ids: &BTreeSet<String>,
    mut row: impl FnMut(String, String, Detailed),
) -> Result<()> {
    let text = text(types.iter().copied());
    let subscription = |one: &RowInParts| super::queries::subscription_of(&one.resource.id);
    of_subscriptions(client, "list resources by type", &text, ids, subscription, |id, one| {
        row(id, one.resource_type.to_ascii_lowercase(), one.resource);
    })
    .await
}

/// A row, whose properties come in parts.
struct RowInParts {
    resource_type: String,
    resource: Detailed,
}

impl<'de> Deserialize<'de> for RowInParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let fields = Map::<String, Json>::deserialize(deserializer)?;
        let (parts, mut fields): (Vec<_>, Map<_, _>) = {
            let (parts, fields): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| name.starts_with(PART));
            (parts, fields.into_iter().collect())
        };
        let properties = parts.into_iter().filter_map(|(_, part)| match part {
            Json::Object(fields) => Some(fields),
            _ => None,
        });
        fields.insert("properties".to_owned(), Json::Object(properties.flatten().collect()));
        let Some(Json::String(resource_type)) = fields.remove("type") else { return Err(D::Error::missing_field("type")) };
        let resource = Detailed::deserialize(Json::Object(fields)).map_err(D::Error::custom)?;
        Ok(Self { resource_type, resource })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::arm::typed::types;

    #[test]
    fn a_text_names_its_types_and_places_and_never_whole_properties() {
        let some = types().filter(|one| ["Microsoft.Cache/redis", "Microsoft.Cdn/profiles"].contains(&one.name));
        let text = text(some);
        assert!(text.contains("| where type in (\"microsoft.cache/redis\", \"microsoft.cdn/profiles\")\n"), "{text}");
        assert!(text.contains("\"aad-enabled\", properties.redisConfiguration[\"aad-enabled\"]"), "{text}");
        assert!(text.contains("\"sku\", pack(\"name\", properties.sku.name, \"tier\", properties.sku.tier)"), "{text}");
        assert!(
            !text.contains("properties,") && !text.contains("properties\n") && !text.contains("properties.redisConfiguration,")
        );
    }

    #[test]
    fn of_no_function_are_there_more_than_some_arguments() {
        let text = text(types());
        for call in text.split("pack(").skip(1) {
            let own = call.split(['(', ')']).next().unwrap();
            assert!(own.matches('"').count() / 2 <= 2 * MOST, "{own}");
        }
        assert!(text.contains(&format!("{PART}1 = pack(")));
    }

    #[test]
    fn parts_of_properties_are_put_together() {
        let row = json!({"id": "/x", "type": "A/b", "kind": "", "part0": {"a": 1}, "part1": {"b": {"c": 2}}, "part2": null});
        let row: RowInParts = serde_json::from_value(row).unwrap();
        assert_eq!((row.resource_type.as_str(), row.resource.kind.0), ("A/b", None));
        assert_eq!(Json::Object(row.resource.properties.0.unwrap()), json!({"a": 1, "b": {"c": 2}}));
        assert!(serde_json::from_value::<RowInParts>(json!({"id": "/x"})).is_err());
        assert!(serde_json::from_value::<RowInParts>(json!({"type": "A/b"})).is_err());
    }
}

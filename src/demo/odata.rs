//! The query options of Microsoft Graph that the tenant understands: `$select`, `$filter` with `eq`, `$top`.

use serde_json::{Map, Value};

use super::{
    answer::{Refusal, unsupported_query},
    hierarchy::text,
    request::Call,
};

/// What a user shows if `$select` names nothing.
const USER: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// Rows that the filter admits, with the properties selected.
pub(super) fn shape(rows: Vec<Value>, call: &Call) -> Result<Vec<Value>, Refusal> {
    let filter = call.query("$filter").unwrap_or_default();
    let mut kept = Vec::new();
    for row in rows {
        if admits(filter, &row)? {
            kept.push(select(row, call));
        }
    }
    Ok(kept)
}

/// One object with the properties selected.
pub(super) fn entity(row: Value, context: &str, call: &Call) -> Result<Value, Refusal> {
    let mut entity = Map::new();
    entity.insert("@odata.context".into(), format!("{context}/$entity").into());
    if let Value::Object(row) = select(row, call) {
        entity.extend(row);
    }
    Ok(entity.into())
}

/// The rows of a page that `$top` asks for.
pub(super) fn page_size(call: &Call) -> Result<Option<usize>, Refusal> {
    let Some(top) = call.query("$top") else { return Ok(None) };
    match top.parse::<usize>() {
        Ok(size) if (1..=999).contains(&size) => Ok(Some(size)),
        _ => Err(unsupported_query(format!("Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."))),
    }
}

fn select(row: Value, call: &Call) -> Value {
    let selected: Vec<&str> = match call.query("$select") {
        Some(select) => select.split(',').map(str::trim).collect(),
        None if row.get("userPrincipalName").is_some() => USER.to_vec(),
        None => return row,
    };
    match row {
        Value::Object(mut fields) => {
            fields.retain(|key, _| key.starts_with('@') || selected.contains(&key.as_str()));
            fields.into()
        }
        other => other,
    }
}

fn admits(filter: &str, row: &Value) -> Result<bool, Refusal> {
    for part in filter.split(" and ").map(str::trim).filter(|part| !part.is_empty()) {
        let unsupported = || unsupported_query(format!("Unsupported or invalid query filter clause specified: '{part}'."));
        if let Some((field, list)) = part.split_once(" in ") {
            if !among(row, field, list).ok_or_else(unsupported)? {
                return Ok(false);
            }
            continue;
        }
        let (left, right) = part.split_once(" eq ").ok_or_else(unsupported)?;
        let admitted = match left.split_once("/any(") {
            Some((field, _)) => {
                let wanted = literal(right.trim_end_matches(')')).ok_or_else(unsupported)?;
                row.get(field).and_then(Value::as_array).is_some_and(|items| items.iter().any(|item| same(item, &wanted)))
            }
            None => same(row.get(left.trim()).unwrap_or(&Value::Null), &literal(right).ok_or_else(unsupported)?),
        };
        if !admitted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a field is one of a list of literals; Graph takes fifteen at most.
fn among(row: &Value, field: &str, list: &str) -> Option<bool> {
    let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
    let wanted: Vec<Value> = list.split(',').map(literal).collect::<Option<_>>()?;
    let own = row.get(field.trim()).unwrap_or(&Value::Null);
    (wanted.len() <= 15).then(|| wanted.iter().any(|one| same(own, one)))
}

fn literal(word: &str) -> Option<Value> {
    let word = word.trim();
    match word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => Some(quoted.replace("''", "'").into()),
        None => serde_json::from_str(word).ok(),
    }
}

fn same(own: &Value, wanted: &Value) -> bool {
    match (own, wanted) {
        (Value::String(_), Value::String(_)) => text(own, "").eq_ignore_ascii_case(text(wanted, "")),
        _ => own == wanted,
    }
}

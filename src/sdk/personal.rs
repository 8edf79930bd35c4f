//! Answers without people: attributes that name somebody are nulled in the one place where answers become values.

use std::collections::BTreeMap;

use super::{
    Type, Value,
    schema::{Attribute, Kind, Nesting},
};

/// Nulls every personal attribute of an object, nested ones too. A personal list, set or map becomes an empty one: null would say that it
/// could not be read.
pub(super) fn hide(object: &mut BTreeMap<String, Value>, attributes: &[Attribute]) {
    for attribute in attributes {
        let Some(value) = object.get_mut(&attribute.name) else { continue };
        if attribute.personal {
            *value = match value {
                Value::List(_) => Value::List(Vec::new()),
                Value::Map(_) if is_map(&attribute.kind) => Value::Map(BTreeMap::new()),
                _ => Value::Null,
            };
        } else if let Kind::Nested(nesting, inner) = &attribute.kind {
            hide_within(value, *nesting, inner);
        }
    }
}

fn hide_within(value: &mut Value, nesting: Nesting, inner: &[Attribute]) {
    match (value, nesting) {
        (Value::List(elements), Nesting::List | Nesting::Set) => {
            elements.iter_mut().for_each(|element| hide_within(element, Nesting::Single, inner));
        }
        (Value::Map(entries), Nesting::Map) => entries.values_mut().for_each(|entry| hide_within(entry, Nesting::Single, inner)),
        (Value::Map(object), Nesting::Single) => hide(object, inner),
        _ => {}
    }
}

fn is_map(kind: &Kind) -> bool {
    match kind {
        Kind::Nested(nesting, _) => *nesting == Nesting::Map,
        Kind::Plain(ty) => matches!(ty, Type::Map(_)),
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::*;
    use crate::sdk::{bridge, model};

    #[derive(Serialize, JsonSchema)]
    struct Row {
        /// Key.
        key: String,
        /// Name.
        #[schemars(extend("x-personal" = true))]
        name: Option<String>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Answer {
        /// Rows.
        rows: Vec<Row>,
        /// By key.
        by_key: BTreeMap<String, Row>,
        /// One.
        one: Option<Row>,
        /// Mails.
        #[schemars(extend("x-personal" = true))]
        mails: Vec<String>,
        /// Groups.
        groups: Vec<String>,
    }

    #[test]
    fn people_vanish_wherever_they_stand_and_nothing_else_does() {
        let row = || Row { key: "k".into(), name: Some("Ada".into()) };
        let answer = Answer {
            rows: vec![row(), row()],
            by_key: [("a".to_owned(), row())].into(),
            one: Some(row()),
            mails: vec!["ada@example.com".into()],
            groups: vec!["g".into()],
        };
        let attributes = model::attributes::<Answer>().unwrap().1;
        let mut object = bridge::encode(&answer, &attributes).unwrap();
        hide(&mut object, &attributes);
        let text = format!("{object:?}");
        assert!(!text.contains("Ada") && !text.contains("ada@"), "{text}");
        assert_eq!(text.matches("\"k\"").count(), 4, "{text}");
        assert_eq!(
            (object.get("mails"), object.get("groups")),
            (Some(&Value::List(vec![])), Some(&Value::List(vec!["g".into()])))
        );
    }
}

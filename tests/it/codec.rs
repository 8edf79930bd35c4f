//! Values with their types, over the wire and back: what a schema says something is, it is again after decoding.

use azposture::sdk::{Number, Type, Value, conform::conform, msgpack};
use proptest::prelude::*;

/// Numbers in every form; decimals that neither an integer nor a float holds travel as text.
fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::Int),
        (i64::MAX as u64 + 1..).prop_map(Number::UInt),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Number::Float),
        // More digits than 64 bits have.
        "-?[1-9][0-9]{20,60}".prop_map(Number::Decimal),
        // No such fraction is one of halves.
        "-?(0|[1-9][0-9]{0,20})[.][0-9]{0,30}[1379]".prop_map(Number::Decimal),
        // Beyond any float.
        "-?[1-9]([.][0-9]{1,5})?e[+-]?[4-9][0-9]{2}".prop_map(Number::Decimal),
    ]
}

fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Dynamic), Just(Type::Number), Just(Type::String)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| Type::List(Box::new(ty))),
            inner.clone().prop_map(|ty| Type::Set(Box::new(ty))),
            inner.clone().prop_map(|ty| Type::Map(Box::new(ty))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Type::Tuple),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..4).prop_map(|all| Type::Object(all.into_iter().collect())),
        ]
    })
}

/// Values of a type; null and unknown are values of every type.
fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => number().prop_map(Value::Number).boxed(),
        // Also such that look like numbers.
        Type::String => prop_oneof![".{0,40}", "-?[0-9]{1,30}([.][0-9]{1,9})?"].prop_map(Value::String).boxed(),
        // A bare null or unknown has no type of its own to tell.
        Type::Dynamic => leaf_or_list().prop_flat_map(|ty| (Just(ty.clone()), value_of(&ty))).prop_map(dynamic).boxed(),
        Type::List(element) | Type::Set(element) => prop::collection::vec(value_of(element), 0..4).prop_map(Value::List).boxed(),
        Type::Map(element) => prop::collection::btree_map(".{0,12}", value_of(element), 0..4).prop_map(Value::Map).boxed(),
        Type::Tuple(types) => types.iter().map(value_of).collect::<Vec<_>>().prop_map(Value::List).boxed(),
        Type::Object(attributes) => {
            let names: Vec<String> = attributes.iter().map(|(name, _)| name.clone()).collect();
            let values = attributes.iter().map(|(_, ty)| value_of(ty)).collect::<Vec<_>>();
            values.prop_map(move |values| Value::Map(names.iter().cloned().zip(values).collect())).boxed()
        }
    };
    prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed()
}

/// Types that a dynamic value brings; dynamic within dynamic does not happen.
fn leaf_or_list() -> impl Strategy<Value = Type> {
    let leaf = || prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)];
    prop_oneof![
        leaf(),
        leaf().prop_map(|ty| Type::List(Box::new(ty))),
        leaf().prop_map(|ty| Type::Map(Box::new(ty))),
        prop::collection::vec(leaf(), 0..4).prop_map(Type::Tuple),
        prop::collection::btree_map("[a-z_]{1,6}", leaf(), 0..4).prop_map(|all| Type::Object(all.into_iter().collect())),
    ]
}

fn dynamic((ty, value): (Type, Value)) -> Value {
    Value::Dynamic(Box::new((ty, value)))
}

proptest! {
    #[test]
    fn a_value_of_any_type_is_itself_again_once_its_type_is_known((ty, value) in ty().prop_flat_map(|ty| (Just(ty.clone()), value_of(&ty)))) {
        let decoded = msgpack::decode(&msgpack::encode(&value).unwrap()).unwrap();
        prop_assert_eq!(conform(decoded, &ty).unwrap(), value);
    }

    #[test]
    fn what_was_fitted_to_a_type_fits_it_and_stays_as_it_is((ty, value) in (ty(), ty().prop_flat_map(|ty| value_of(&ty)))) {
        if let Ok(fitted) = conform(value, &ty) {
            prop_assert_eq!(conform(fitted.clone(), &ty).unwrap(), fitted);
        }
    }
}

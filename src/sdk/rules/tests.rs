//! Values that break a rule, and what is said about each.

use super::*;
use crate::sdk::Number;

fn attribute(name: &str, kind: Kind, rules: Vec<Rule>, element_rules: Vec<Rule>) -> Attribute {
    Attribute {
        name: name.into(),
        description: String::new(),
        kind,
        mode: Mode::Optional,
        sensitive: false,
        personal: false,
        deprecated: false,
        rules,
        element_rules,
    }
}

fn found(attribute: Attribute, value: Value) -> Vec<String> {
    let object = Value::Map([(attribute.name.clone(), value)].into());
    let mut problems = Diagnostics::new();
    check(&[attribute], &object, &Path::root(), &mut problems);
    problems.iter().map(|problem| format!("{}: {}", problem.summary, problem.path)).collect()
}

fn string() -> Kind {
    Kind::Plain(Type::String)
}

#[test]
fn null_and_unknown_break_no_rule() {
    let rule =
        || vec![Rule::Length { min: Some(1), max: None }, Rule::OneOf { words: vec![], ignore_case: false, hints: vec![] }];
    for value in [Value::Null, Value::Unknown] {
        assert!(found(attribute("a", string(), rule(), vec![]), value).is_empty());
    }
}

#[test]
fn an_empty_string_says_so_once() {
    let rules = vec![
        Rule::Length { min: Some(1), max: None },
        Rule::OneOf { words: vec!["x".into()], ignore_case: false, hints: vec![] },
        Rule::Pattern { regex: Regex::new("^x$").unwrap(), expected: "x".into(), hints: vec![] },
    ];
    assert_eq!(found(attribute("a", string(), rules, vec![]), Value::from("")), ["Invalid value: a"]);
}

#[test]
fn an_empty_set_selects_nothing() {
    let set = Kind::Plain(Type::Set(Box::new(Type::String)));
    let rules = vec![Rule::Items { min: Some(1), max: None }];
    assert_eq!(found(attribute("ids", set, rules, vec![]), Value::List(vec![])), ["Nothing selected: ids"]);
}

#[test]
fn what_is_required_is_never_told_to_be_left_out() {
    let kinds = || [(string(), Value::from("")), (Kind::Plain(Type::Set(Box::new(Type::String))), Value::List(vec![]))];
    for mode in [Mode::Required, Mode::Optional] {
        for (kind, value) in kinds() {
            let rules = vec![Rule::Length { min: Some(1), max: None }, Rule::Items { min: Some(1), max: None }];
            let attribute = Attribute { mode, ..attribute("a", kind, rules, vec![]) };
            let object = Value::Map([("a".to_owned(), value)].into());
            let mut problems = Diagnostics::new();
            check(&[attribute], &object, &Path::root(), &mut problems);
            let [problem] = problems.iter().as_slice() else { panic!("{problems:?}") };
            assert_eq!(problem.detail.contains("Leave"), mode == Mode::Optional, "{}", problem.detail);
        }
    }
}

#[test]
fn null_is_refused_where_a_value_has_to_be_and_the_place_is_named() {
    let of = |kind: fn(Box<Type>) -> Type| Kind::Plain(kind(Box::new(Type::String)));
    let map = |value: Value| Value::Map([("k".to_owned(), value)].into());
    let required = || Attribute { mode: Mode::Required, ..attribute("name", string(), vec![], vec![]) };
    let object = || map(Value::Null);
    let cases = [
        (attribute("a", of(Type::List), vec![], vec![]), Value::List(vec!["x".into(), Value::Null]), "Invalid value: a[1]"),
        (attribute("a", of(Type::Set), vec![], vec![]), Value::List(vec![Value::Null]), "Invalid value: a"),
        (attribute("a", of(Type::Map), vec![], vec![]), object(), r#"Invalid value: a["k"]"#),
        (attribute("a", Kind::Nested(Nesting::Map, vec![]), vec![], vec![]), object(), r#"Invalid value: a["k"]"#),
        (
            attribute("a", Kind::Nested(Nesting::Map, vec![required()]), vec![], vec![]),
            map(Value::Map([("name".to_owned(), Value::Null)].into())),
            r#"Missing argument: a["k"].name"#,
        ),
        (required(), Value::Null, "Missing argument: name"),
    ];
    for (attribute, value, expected) in cases {
        assert_eq!(found(attribute, value), [expected]);
    }
    let nested = Kind::Nested(Nesting::Single, vec![attribute("name", string(), vec![], vec![])]);
    assert!(found(attribute("a", nested, vec![], vec![]), Value::Null).is_empty(), "an object may be left out");
}

#[test]
fn a_mistake_of_a_known_form_is_told_what_to_write() {
    let hints = vec![Hint { form: Regex::new("^([a-z])[0-9]+$").unwrap(), advice: "Write `${1}`.".into() }];
    let rule = Rule::Pattern { regex: Regex::new("^[a-z]$").unwrap(), expected: "one letter".into(), hints: hints.clone() };
    let words = Rule::OneOf { words: vec!["a".into()], ignore_case: false, hints };
    for (rule, text, end) in [
        (&rule, "b12", "which is not one letter. Write `b`."),
        (&rule, "12", "which is not one letter."),
        (&words, "b12", "is \"b12\". Write `b`."),
        (&words, "12", "it has to be one of `a`."),
    ] {
        let problem = rule.broken_by(&Value::from(text), Stand::Optional).unwrap();
        assert!(problem.detail.ends_with(end), "{}", problem.detail);
    }
}

#[test]
fn words_of_azure_compare_without_case_and_ours_with() {
    let rule = |ignore_case| vec![Rule::OneOf { words: vec!["Enabled".into()], ignore_case, hints: vec![] }];
    assert!(found(attribute("a", string(), rule(true), vec![]), Value::from("enabled")).is_empty());
    assert_eq!(found(attribute("a", string(), rule(false), vec![]), Value::from("enabled")), ["Unknown value: a"]);
}

#[test]
fn elements_and_nested_attributes_are_checked_where_they_stand() {
    let ids = Kind::Plain(Type::List(Box::new(Type::String)));
    let pattern = || vec![Rule::Pattern { regex: Regex::new("^[a-z]$").unwrap(), expected: "one letter".into(), hints: vec![] }];
    let value = Value::List(vec![Value::from("a"), Value::from("bb")]);
    assert_eq!(found(attribute("ids", ids, vec![], pattern()), value), ["Invalid value: ids[1]"]);

    let nested = Kind::Nested(Nesting::Map, vec![attribute("days", Kind::Plain(Type::Number), vec![Rule::WholeNumber], vec![])]);
    let days = Value::Map([("days".to_owned(), Value::Number(Number::Decimal("1.5".into())))].into());
    let value = Value::Map([("k".to_owned(), days)].into());
    assert_eq!(found(attribute("plans", nested, vec![], vec![]), value), [r#"Invalid value: plans["k"].days"#]);
}

#[test]
fn an_element_of_a_set_is_named_by_its_attribute() {
    let pattern = || vec![Rule::Pattern { regex: Regex::new("^[a-z]$").unwrap(), expected: "one letter".into(), hints: vec![] }];
    let ids = Kind::Plain(Type::Set(Box::new(Type::String)));
    let value = Value::List(vec![Value::from("a"), Value::from("bb")]);
    assert_eq!(found(attribute("ids", ids, vec![], pattern()), value), ["Invalid value: ids"]);

    let nested = Kind::Nested(Nesting::Set, vec![attribute("name", string(), pattern(), vec![])]);
    let row = |name: &str| Value::Map([("name".to_owned(), Value::from(name))].into());
    assert_eq!(
        found(attribute("rows", nested, vec![], vec![]), Value::List(vec![row("a"), row("bb")])),
        ["Invalid value: rows.name"]
    );
}

#[test]
fn numbers_stay_in_their_range() {
    let rules = || vec![Rule::Range { min: Some(1.0), max: Some(64.0) }];
    let kind = || Kind::Plain(Type::Number);
    for (number, broken) in [(0, true), (1, false), (64, false), (65, true)] {
        let problems = found(attribute("n", kind(), rules(), vec![]), Value::Number(Number::Int(number)));
        assert_eq!(problems.is_empty(), !broken, "{number}");
    }
}

#[test]
fn the_nearest_words_are_offered() {
    let words: Vec<String> =
        ["VirtualMachines", "StorageAccounts", "KeyVaults", "Arm", "Dns", "Api", "AI", "Containers", "AppServices"]
            .map(String::from)
            .into();
    assert_eq!(nearest("VirtualMachine", &words).first().map(String::as_str), Some("VirtualMachines"));
    assert!(unknown_word("keyvault", &words).contains("`KeyVaults`"));
}

#[test]
fn a_name_with_parts_left_out_or_in_another_order_finds_its_likeness() {
    let words: Vec<String> = [
        "Storage Blob Data Reader",
        "Storage Blob Data Owner",
        "Reader",
        "Key Vault Reader",
        "Key Vault Administrator",
        "Backup Reader",
        "Billing Reader",
        "Grafana Editor",
        "Owner",
    ]
    .map(String::from)
    .into();
    let first = |text: &str| nearest(text, &words).first().cloned().unwrap();
    assert_eq!(first("blob reader"), "Storage Blob Data Reader");
    assert_eq!(first("Reader (Key Vault)"), "Key Vault Reader");
    assert_eq!(first("keyvault administrator"), "Key Vault Administrator");
    assert_eq!(first("reeder"), "Reader");
    assert_eq!(first("StorageBlobDataOwner"), "Storage Blob Data Owner");
}

#[test]
fn of_a_whole_file_given_as_a_word_the_beginning_is_shown_and_nothing_is_offered_that_has_no_name() {
    let words = vec![String::new(), "a".to_owned()];
    let shown = unknown_word(&"x".repeat(9_000), &words);
    assert_eq!(shown, format!("is \"{}\"… (9000 characters); it has to be one of `a`.", "x".repeat(200)));
    assert_eq!(unknown_word("x", &words[..1]), "is \"x\", and there is none to choose from.");
}

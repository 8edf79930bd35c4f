//! The tables, compared with what is read for them and, where it is at hand, with the mapping of checks to frameworks.

use std::{fs, path::PathBuf};

use azposture::{
    posture::checks::{Judge, On, all},
    provider::collect::lists::typed::find,
};
use serde_json::Value as Json;

/// The mapping, if it is there: it is no part of the repository.
fn mapping() -> Option<Json> {
    let shared = std::env::var_os("AZPOSTURE_EXAMPLES").map(PathBuf::from).and_then(|path| Some(path.parent()?.to_owned()));
    let shared = shared.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")));
    let Ok(text) = fs::read_to_string(shared.join("compliance/mapping.json")) else {
        eprintln!("skipped: no compliance/mapping.json in {}", shared.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn every_check_is_in_the_mapping_as_it_stands_there() {
    let Some(mapping) = mapping() else { return };
    for check in all() {
        let rows = mapping["checks"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == check.id).unwrap_or_else(|| panic!("{} is not in it", check.id));
        assert_eq!(row["area"], check.area.word(), "{}", check.id);
        assert_eq!(row["severity"], check.severity.word(), "{}", check.id);
        assert_eq!(row["remediation"], check.remediation, "{}", check.id);
        if let On::Each(resource_type, judge) = &check.on {
            assert_eq!(row["resource_type"], *resource_type, "{}", check.id);
            if let Judge::Rule(rule) = judge {
                let evaluates = row["evaluates"].as_str().unwrap();
                assert!(evaluates.starts_with(&format!("properties.{}", rule.path())), "{}: {evaluates}", check.id);
            }
        }
    }
}

#[test]
fn the_resources_of_every_check_are_read_with_what_it_looks_at() {
    for check in all() {
        let On::Each(resource_type, judge) = &check.on else { continue };
        let typed = find(resource_type);
        let typed = typed.unwrap_or_else(|| panic!("{}: nobody reads {resource_type}", check.id));
        if let Judge::Rule(rule) = judge {
            assert!(typed.kept().contains(rule.path().split('.').next().unwrap()), "{}", check.id);
        }
    }
}

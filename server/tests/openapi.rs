//! The committed description of the API is the one that the code makes: the UI's client is generated from it.

use std::path::Path;
use tidemark_server::api;

#[test]
fn the_committed_description_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed.trim_end() == api::description(),
        "ui/openapi.json is stale: run `cargo run -p tidemark-server -- openapi > ui/openapi.json`"
    );
}

#[test]
fn every_operation_has_a_name_and_says_how_it_fails() {
    let document = serde_json::to_value(api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 20);
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let name =
                operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name), "{name} is there twice");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
}

/// A reference to a schema that is not there breaks every generator.
#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &serde_json::Value, document: &serde_json::Value) {
        if let Some(name) = value.get("$ref").and_then(|r| r.as_str()) {
            let target = name.strip_prefix('#').expect("references are local");
            assert!(document.pointer(target).is_some(), "{name}");
        }
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, document)),
            serde_json::Value::Object(items) => items.values().for_each(|item| walk(item, document)),
            _ => {}
        }
    }
    let document = serde_json::to_value(api::document()).unwrap();
    walk(&document, &document);
}

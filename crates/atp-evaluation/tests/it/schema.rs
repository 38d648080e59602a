//! JSON Schema, with schemas of every kind of trouble.

use crate::stage::Stage;
use std::fs;

fn with_data(json: &str) -> Stage {
    Stage::with_artifacts(&[&format!(r#"{{"type": "structured", "name": "d", "data": {json}}}"#)])
}

fn schema(schema: &str) -> String {
    format!("{{type: schema, config: {{path: d, schema: {schema}}}}}")
}

#[test]
fn data_is_validated() {
    const SCHEMA: &str = "{type: object, required: [name, items], properties: {
        name: {type: string, pattern: '^[a-z]+$'}, items: {type: array, minItems: 2,
        items: {type: object, required: [id]}}}}";
    let assertion = schema(&SCHEMA.replace('\n', " "));
    with_data(r#"{"name": "abc", "items": [{"id": 1}, {"id": 2}]}"#).holds(&assertion);
    let message = with_data(r#"{"name": "ABC", "items": [{"id": 1}, {}]}"#).fails(&assertion);
    assert!(message.contains("at /name: ") && message.contains("at /items/1: "), "{message}");
    let message = with_data("{}").fails(&assertion);
    assert!(message.contains("at the root: missing properties 'name', 'items'"), "{message}");
}

#[test]
fn files_are_validated_as_json() {
    let mut stage = Stage::with_artifacts(&[
        r#"{"type": "file", "path": "a.json", "content": "{\"n\": 1}"}"#,
        r#"{"type": "file", "path": "b.json", "content": "{\"n\": "}"#,
    ]);
    stage.write("c.json", "[1, 2]");
    let assertion = |path: &str| {
        format!("{{type: schema, config: {{path: {path}, schema: {{type: object}}}}}}")
    };
    stage.holds(&assertion("a.json"));
    assert!(stage.fails(&assertion("b.json")).contains("it is not JSON: EOF"));
    assert!(stage.fails(&assertion("c.json")).contains("want object, but got array"));
    stage.holds("{type: schema, config: {schema: {properties: {n: {const: 1}}}}}");
}

#[test]
fn drafts_are_chosen_by_the_schema() {
    let draft_4 = "{$schema: 'http://json-schema.org/draft-04/schema#', minimum: 1,
        exclusiveMinimum: true, properties: {n: {exclusiveMinimum: true, minimum: 1}}}";
    let assertion = schema(&draft_4.replace('\n', " "));
    with_data(r#"{"n": 2}"#).holds(&assertion);
    with_data(r#"{"n": 1}"#).fails(&assertion);
}

#[test]
fn references_within_work_and_cycles_end() {
    let tree = "{$ref: '#/$defs/node', $defs: {node: {type: object, properties:
        {next: {$ref: '#/$defs/node'}}, additionalProperties: false}}}";
    let assertion = schema(&tree.replace('\n', " "));
    with_data(r#"{"next": {"next": {}}}"#).holds(&assertion);
    with_data(r#"{"next": {"nxt": {}}}"#).fails(&assertion);
    for cycle in [
        "{$ref: '#'}",
        "{$ref: ''}",
        "{allOf: [{$ref: '#'}]}",
        "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/b'}, b: {anyOf: [{$ref: '#/$defs/a'}]}}}",
        "{not: {$ref: '#'}}",
        "{$dynamicRef: '#x', $dynamicAnchor: x}",
    ] {
        with_data("{}").check(&schema(cycle));
    }
}

#[test]
fn a_bad_schema_is_a_problem_of_the_settings() {
    for (bad, says) in [
        ("{type: objekt}", "not a JSON schema: "),
        ("{minimum: x}", "not a JSON schema: "),
        ("{pattern: '(?=a)'}", "not a JSON schema: "),
        ("{pattern: '('}", "not a JSON schema: "),
        ("{$ref: '#/nowhere'}", "not a JSON schema: "),
        ("{$ref: 'http://127.0.0.1:1/s.json'}", "a schema must hold all that it refers to"),
        ("{$schema: 'http://example.com/own'}", "a schema must hold all that it refers to"),
        ("{maximum: .inf}", "not a JSON schema: at /maximum"),
        ("[]", "expected a JSON schema, found a list of 0"),
        ("text", "expected a JSON schema, found \"text\""),
    ] {
        let message = with_data("{}").fails(&schema(bad));
        assert!(message.starts_with("assertions[0].config.schema: "), "{bad}: {message}");
        assert!(message.contains(says), "{bad}: {message}");
    }
}

#[test]
fn no_file_is_read_for_a_reference() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anything.json");
    fs::write(&file, "true").unwrap();
    let message = with_data("{}").fails(&schema(&format!("{{$ref: 'file://{}'}}", file.display())));
    assert!(message.contains("a schema must hold all that it refers to"), "{message}");
}

#[test]
fn booleans_are_schemas_and_huge_numbers_no_trouble() {
    with_data("{}").holds(&schema("true"));
    with_data("{}").fails(&schema("false"));
    with_data(r#"{"n": 1e300, "m": 18446744073709551615}"#)
        .holds(&schema("{additionalProperties: {type: number, maximum: 1e301}}"));
    with_data("{}").holds(&schema("{multipleOf: 0.1}"));
}

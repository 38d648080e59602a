//! What counts as one readable YAML document, and what is refused.

use atp_suite::{Environment, MAX_FILE_BYTES, ProblemKind, SuiteDocument, SuiteError, load_str};

const TEST: &str = "- {id: t, name: n, task: {description: d}}\n";

fn refuse(text: &str) -> SuiteError {
    load_str(text, &Environment::new()).unwrap_err()
}

/// Where the only problem is, and what sort it is.
fn only(text: &str) -> (usize, usize, ProblemKind) {
    let error = refuse(text);
    let [problem] = error.problems() else { panic!("{error}") };
    (problem.line, problem.column, problem.kind)
}

fn with_data(data: &str) -> String {
    format!(
        "test_suite: s\ntests:\n- {{id: t, name: n, task: {{description: d, input_data: {data}}}}}\n"
    )
}

#[test]
fn a_repeated_key_is_reported_at_its_own_place() {
    let text = format!("test_suite: s\ntests:\n{TEST}test_suite: t\n");
    assert_eq!(only(&text), (4, 1, ProblemKind::Syntax));
    let text = with_data("{a: {x: 1,\n  y: 2, x: 3}}");
    assert_eq!(only(&text), (4, 9, ProblemKind::Syntax));
    assert!(refuse(&text).render().to_string().contains("first given on line 3"));
}

#[test]
fn repeats_are_found_in_large_mappings_too() {
    let keys: String = (0..200).map(|key| format!("  k{key}: 1\n")).collect();
    let text =
        format!("{}  k7: 2\n  k150: 2\n", with_data("").replace("}}\n", &format!("\n{keys}")));
    let text = text
        .replace("{id: t, name: n, task: {description: d, input_data: ", "id: t\n  input_data:");
    let repeated: Vec<String> = refuse(&text)
        .problems()
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Syntax)
        .map(|problem| problem.path.clone())
        .collect();
    assert_eq!(repeated, ["tests[0].k7", "tests[0].k150"]);
}

#[test]
fn one_document_is_one_suite() {
    let suite = format!("test_suite: s\ntests:\n{TEST}");
    assert_eq!(only(&format!("{suite}---\na: b\n")), (4, 1, ProblemKind::Syntax));
    assert_eq!(only(&format!("{suite}--- {{\n")), (4, 1, ProblemKind::Syntax));
    load_str(format!("---\n{suite}...\n"), &Environment::new()).unwrap();
    for empty in ["", "\n\n", "# nothing\n", "\u{feff}", "---\n# nothing\n", "~", "[]", "text"] {
        assert_eq!(refuse(empty).problems().len(), 1, "{empty:?}");
    }
}

#[test]
fn broken_yaml_says_where() {
    assert_eq!(only("test_suite: s\n\ttests: []\n"), (2, 1, ProblemKind::Syntax));
    assert_eq!(only("test_suite: [a\ntests: b\n").2, ProblemKind::Syntax);
    assert_eq!(only("a: b\n]\n"), (2, 1, ProblemKind::Syntax));
    assert_eq!(only("[a]\nb: c\n"), (2, 1, ProblemKind::Syntax));
    assert!(!refuse("a: b\n]\n").to_string().contains("second document"));
    assert_eq!(only("a: *nothing\n"), (1, 4, ProblemKind::Syntax));
    assert_eq!(only("a: b\nc: \u{1}\n"), (2, 4, ProblemKind::Syntax));
    // Line breaks that only the library counts.
    let text = "ä: \"€\u{85}🦀\u{2028}\"\r\nb: c\r\nd: 'ü' *e\r\n";
    assert_eq!(only(text), (3, 8, ProblemKind::Syntax));
    assert_eq!(only("a: 'b"), (1, 6, ProblemKind::Syntax));
}

#[test]
fn merge_keys_take_mappings_only() {
    let error = refuse(&with_data("{<<: [{a: 1}, 2]}"));
    assert_eq!(error.problems()[0].path, "tests[0].task.input_data.<<".replace("<<", "\"<<\""));
    let suite =
        load_str(with_data("{<<: [{a: 1, b: 1}, {b: 2, c: 2}], a: 0}"), &Environment::new());
    let data = suite.unwrap().tests[0].task.input_data.clone().unwrap();
    let entries: Vec<_> = data.iter().map(|(key, value)| (key, value.as_i64().unwrap())).collect();
    assert_eq!(entries, [("a", 0), ("b", 1), ("c", 2)]);
    let suite = load_str(with_data("{\"<<\": 1, '<<x': {<<: {'<<': 2}}}"), &Environment::new());
    let data = suite.unwrap().tests[0].task.input_data.clone().unwrap();
    assert_eq!(serde_json::to_string(&data).unwrap(), r#"{"<<":1,"<<x":{"<<":2}}"#);
}

#[test]
fn a_later_anchor_takes_over_the_name() {
    let data =
        "{a: &x 1, b: *x, c: &y {d: &x 2, e: &y [*x]}, f: *x, g: *y, h: {<<: &x {i: *y}}, j: *x}";
    let suite = load_str(with_data(data), &Environment::new()).unwrap();
    let read = serde_json::to_value(&suite.tests[0].task.input_data).unwrap();
    let expected = serde_json::json!({
        "a": 1, "b": 1, "c": {"d": 2, "e": [2]}, "f": 2, "g": [2], "h": {"i": [2]}, "j": {"i": [2]},
    });
    assert_eq!(read, expected);
}

#[test]
fn keys_are_text() {
    let numbers =
        "{1: a, 017: b, 1_000: c, 1e400: d, true: e, ~: f, .inf: g, '1': h, !!str 017: i}";
    let error = refuse(&with_data(numbers));
    let columns: Vec<_> = error.problems().iter().map(|one| (one.kind, one.column)).collect();
    let schema = [56, 62, 70, 80, 90, 99, 105].map(|column| (ProblemKind::Schema, column));
    assert_eq!(columns, schema, "{error}");
}

#[test]
fn tags_hold_where_they_stand() {
    let refused = |data: &str| {
        let error = refuse(&with_data(data));
        let [problem] = error.problems() else { panic!("{error}") };
        (problem.column, problem.path.clone(), problem.message.clone())
    };
    let path = "tests[0].task.input_data.a".to_owned();
    let message = "expected an integer, as its tag says".to_owned();
    assert_eq!(refused("{a: !!int x}"), (59, path.clone(), message));
    let message = r#"expected a value without a tag, found a value with the tag "!""#.to_owned();
    assert_eq!(refused("{a: ! 5}"), (59, path, message));
    assert_eq!(refused("{a: !!set {b}}").0, 59);
    assert_eq!(refused("!!python/object:x {}").0, 55);
}

#[test]
fn depth_is_bounded() {
    let nested =
        |levels: usize| with_data(&format!("{{a: {}1{}}}", "[".repeat(levels), "]".repeat(levels)));
    load_str(nested(100), &Environment::new()).unwrap();
    for levels in [200, 5_000, 1_000_000] {
        assert_eq!(only(&nested(levels)).2, ProblemKind::Limit, "{levels}");
    }
    assert_eq!(only(&"- ".repeat(100_000)).2, ProblemKind::Limit);
    assert_eq!(only("&a [*a, *a]").2, ProblemKind::Limit);
    assert_eq!(only("&a {b: *a}").2, ProblemKind::Limit);
}

/// X16: the original takes ten times as long for each level of aliases.
#[test]
fn alias_bombs_are_refused() {
    for levels in [6, 9, 50] {
        let mut text = String::from("x0: &x0 [a]\n");
        for level in 1..levels {
            let aliases = vec![format!("*x{}", level - 1); 10].join(", ");
            text.push_str(&format!("x{level}: &x{level} [{aliases}]\n"));
        }
        assert_eq!(only(&text).2, ProblemKind::Limit);
    }
    let long = "long text ".repeat(10_000);
    let aliases = "*x, ".repeat(5_000);
    assert_eq!(only(&format!("x: &x \"{long}\"\ny: [{aliases}]\n")).2, ProblemKind::Limit);
}

#[test]
fn honest_reuse_is_no_bomb() {
    let prompt = "A long prompt that every test shares. ".repeat(100);
    let tests: String = (0..500)
        .map(|test| format!("- {{id: t{test}, name: n, task: {{description: *prompt}}}}\n"))
        .collect();
    let text = format!(
        "test_suite: s\ntests:\n- {{id: t, name: n, task: {{description: &prompt \"{prompt}\"}}}}\n{tests}"
    );
    assert_eq!(load_str(text, &Environment::new()).unwrap().tests.len(), 501);
}

#[test]
fn size_is_bounded() {
    let text = format!("test_suite: s\ntests:\n{TEST}#{}", "x".repeat(MAX_FILE_BYTES));
    assert_eq!(only(&text).2, ProblemKind::Limit);
    assert_eq!(only(&"%TAG !a! b\n".repeat(100)).2, ProblemKind::Limit);
}

#[test]
fn scalars_are_those_of_yaml_1_2() {
    let data = "{a: yes, b: NO, c: on, d: 0o17, e: 017, f: '017', g: !!str 017, h: 1e3, i: 2026-01-01, j: null, k: True, l: 100_000, m: '1_0', n: !!str &n 1_0}";
    let suite = load_str(with_data(data), &Environment::new()).unwrap();
    let data = serde_json::to_string(suite.tests[0].task.input_data.as_ref().unwrap()).unwrap();
    assert_eq!(
        data,
        r#"{"a":"yes","b":"NO","c":"on","d":15,"e":17,"f":"017","g":"017","h":1000.0,"i":"2026-01-01","j":null,"k":true,"l":100000,"m":"1_0","n":"1_0"}"#
    );
}

#[test]
fn a_document_that_is_no_suite_still_parses() {
    let document = SuiteDocument::parse("[a, '${B}']").unwrap();
    assert_eq!(document.variables().len(), 1);
    assert_eq!(document.expand(&Environment::new()).unwrap_err().problems().len(), 1);
}

/// Continued quoted text at the left margin is fine for one parser and not for the other, which
/// is the one that knows positions.
#[test]
fn positions_hold_where_the_second_parser_gives_up() {
    let text = "test_suite: s
agents: [{name: 5}]
description: \"one
two\"
tests:
- id: a
  name: n
  task: {description: d}
  tags:
  - 5
- {id: b, name: [], task: {description: d}}
";
    let error = refuse(text);
    let places: Vec<_> = error.problems().iter().map(|one| (one.line, one.column)).collect();
    // The first exactly, the others at the key above.
    assert_eq!(places, [(2, 17), (9, 3), (11, 11)]);
}

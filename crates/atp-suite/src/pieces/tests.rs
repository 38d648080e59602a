use super::*;
use crate::parse;
use proptest::prelude::*;

fn whole(source: &str) -> Option<(Node, usize)> {
    let mut builder = Builder::new(source);
    let root = builder.read(source, Path::Root, 0)?;
    if builder.has_findings() {
        return None;
    }
    let parsed = builder.finish(root);
    Some((parsed.root, parsed.variables.len()))
}

fn in_pieces(source: &str) -> Option<(Node, usize)> {
    parse(source, 16).map(|parsed| (parsed.root, parsed.variables.len()))
}

#[test]
fn pieces_make_the_same_tree() {
    for indent in ["", "  ", "      "] {
        let test = format!("{indent}- id: 'a'\n{indent}  name: |\n{indent}    - x\n");
        let source = format!("test_suite: a\ntests:\n{}", test.repeat(20));
        assert_eq!(in_pieces(&source).unwrap(), whole(&source).unwrap());
    }
}

#[test]
fn what_cannot_be_cut_is_left_to_the_whole() {
    let tests = "- {a: 1}\n- {b: 2}\n- {c: 3}\n- {d: 4}\n";
    for source in [
        // Another key after the tests, another document, an end of document between two tests.
        format!("tests:\n{tests}after: 1\n"),
        format!("a: 1\ntests:\n{tests}---\n- x\n"),
        format!("a: 1\ntests:\n{tests}...\n{tests}"),
        // Anchors that reach across pieces.
        format!("a: &x 1\ntests:\n{tests}- {{e: *x}}\n"),
        // Texts and brackets that look like tests.
        format!("a: 1\ntests:\n- a: 'x\n{tests}  '\n{tests}"),
        format!("a: \"\ntests:\n{tests}\"\nb: [\n{tests}]\n"),
        // A repeated key, whose path would be wrong.
        format!("a: 1\ntests:\n{tests}- {{e: 1, e: 2}}\n{tests}"),
    ] {
        assert_eq!(in_pieces(&source), None, "{source}");
    }
}

#[test]
fn the_loader_uses_pieces_only_for_large_files() {
    let test = "- {id: a, name: b}\n";
    let small = format!("test_suite: a\ntests:\n{}", test.repeat(100));
    assert!(parse(&small, PIECE_BYTES).is_none());
    let large = format!("test_suite: a\ntests:\n{}", test.repeat(20_000));
    assert_eq!(parse(&large, PIECE_BYTES).unwrap().root, whole(&large).unwrap().0);
    assert_eq!(parse::parse(&large).unwrap().root, whole(&large).unwrap().0);
}

/// Lines that go together by chance: tests, their parts, and what may span several lines.
const LINES: [&str; 22] = [
    "- x", "- a: b", "- a: b", "  c: d", "  c: d", "  - e", "- - f", "- 'g", "h'", "- [i,", "]",
    "- \"j\\", "\"", "- |", "- >-", "    text", "# note", "", "- &k l", "- *k", "...", "m: n",
];

fn source() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(prop::sample::select(LINES.as_slice()), 1..16);
    let ends = prop::sample::select(["\n", "\n", "\n", "\n", "\r\n", "\r", "\u{85}"].as_slice());
    (lines, ends).prop_map(|(lines, end)| format!("o: p\ntests:\n- x\n{}", lines.join(end)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn pieces_never_differ_from_the_whole(source in source()) {
        if let Some(pieces) = in_pieces(&source) {
            prop_assert_eq!(Some(pieces), whole(&source), "{}", source);
        }
    }
}

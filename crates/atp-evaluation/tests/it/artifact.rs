//! Artifacts exist and hold what is asserted.

use crate::stage::Stage;
use atp_evaluation::limits::CONTENT_BYTES;

const REPORT: &str =
    r##"{"type": "file", "path": "report.md", "content": "# Summary\nAll well\n"}"##;
const DATA: &str = r#"{"type": "structured", "name": "facts",
    "data": {"total":5, "city" :"\u041e\u0441\u043b\u043e", "items":[1,2]}}"#;
const LISTED: &str = r#"{"type": "file", "path": "out/big.bin"}"#;
const ELSEWHERE: &str = r#"{"type": "reference", "path": "/srv/out.bin"}"#;

#[test]
fn artifacts_of_every_kind_exist() {
    let stage = Stage::with_artifacts(&[REPORT, DATA, LISTED, ELSEWHERE]);
    for path in ["report.md", "facts", "out/big.bin", "./out//big.bin", "/srv/out.bin"] {
        stage.holds(&format!("{{type: artifact_exists, config: {{path: {path}}}}}"));
    }
    let message = stage.fails("{type: artifact_exists, config: {path: srv/out.bin}}");
    assert_eq!(
        message,
        "there is no srv/out.bin; the answer lists report.md, facts, out/big.bin, /srv/out.bin"
    );
}

#[test]
fn a_file_of_the_workspace_is_an_artifact_and_a_directory_is_not() {
    let mut stage = Stage::new();
    stage.write("deep/notes.md", "notes");
    stage.holds("{type: artifact_exists, config: {path: deep/notes.md}}");
    stage.holds("{type: contains, config: {path: deep/notes.md, pattern: notes}}");
    let message = stage.fails("{type: artifact_exists, config: {path: deep}}");
    assert_eq!(message, "deep is a directory");
    let message = stage.fails("{type: artifact_exists, config: {path: nothing.md}}");
    assert_eq!(message, "there is no nothing.md; the answer lists no artifacts");
    for path in ["../workspace/deep/notes.md", "deep/../deep/notes.md"] {
        stage.fails(&format!("{{type: artifact_exists, config: {{path: {path}}}}}"));
    }
}

#[test]
fn patterns_match_names_and_with_a_separator_paths() {
    let stage = Stage::with_artifacts(&[REPORT, LISTED]);
    for pattern in ["*.md", "*.bin", "out/*", "**/*.bin", "report.[a-z]?"] {
        stage.holds(&format!("{{type: artifact_exists, config: {{pattern: '{pattern}'}}}}"));
    }
    for pattern in ["*.MD", "*/report.md", "o*g.bin", "*.txt", "ou*/*.md"] {
        stage.fails(&format!("{{type: artifact_exists, config: {{pattern: '{pattern}'}}}}"));
    }
    let mut stage = Stage::new();
    stage.write("a/b/c.txt", "");
    stage.holds("{type: artifact_exists, config: {pattern: '*.txt'}}");
    stage.holds("{type: artifact_exists, config: {pattern: 'a/**/*.txt'}}");
    stage.fails("{type: artifact_exists, config: {pattern: 'a/*.txt'}}");
    stage.fails("{type: artifact_exists, config: {pattern: 'b'}}");
}

#[test]
fn content_is_text_or_a_regular_expression() {
    let stage = Stage::with_artifacts(&[REPORT]);
    stage.holds("{type: contains, config: {path: report.md, pattern: All well}}");
    stage.holds("{type: contains, config: {path: report.md, pattern: 'well$', regex: true}}");
    stage
        .holds("{type: contains, config: {path: report.md, pattern: '(?i)ALL \\w+', regex: true}}");
    let message = stage.fails("{type: contains, config: {path: report.md, pattern: 'A.l'}}");
    assert_eq!(message, "report.md: \"A.l\" does not occur");
    let message = stage.fails("{type: contains, config: {path: x.md, pattern: well}}");
    assert_eq!(message, "there is no x.md; the answer lists report.md");
}

#[test]
fn without_a_path_any_artifact_will_do() {
    let stage = Stage::with_artifacts(&[REPORT, DATA, LISTED]);
    stage.holds("{type: contains, config: {pattern: All well}}");
    stage.holds("{type: contains, config: {pattern: total}}");
    stage.holds("{type: sections, config: {sections: [summary]}}");
    stage.fails("{type: contains, config: {pattern: nowhere}}");
    let message = Stage::new().fails("{type: contains, config: {pattern: nowhere}}");
    assert_eq!(message, "the answer holds no content");
}

#[test]
fn data_is_searched_in_one_spacing_without_needless_escapes() {
    let stage = Stage::with_artifacts(&[DATA]);
    for pattern in ["\"total\": 5, \"city\"", "\"items\": [1, 2]", "\u{41e}\u{441}\u{43b}\u{43e}"] {
        stage.holds(&format!("{{type: contains, config: {{path: facts, pattern: '{pattern}'}}}}"));
    }
}

#[test]
fn of_an_artifact_named_twice_the_last_content_counts() {
    let draft = r#"{"type": "file", "path": "a.md", "content": "draft"}"#;
    let last = r#"{"type": "file", "path": "./a.md", "content": "final"}"#;
    let empty = r#"{"type": "reference", "path": "a.md"}"#;
    let mut stage = Stage::with_artifacts(&[draft, last, empty]);
    stage.write("a.md", "of the workspace");
    for place in ["path: a.md, ", ""] {
        stage.holds(&format!("{{type: contains, config: {{{place}pattern: final}}}}"));
        stage.fails(&format!("{{type: contains, config: {{{place}pattern: draft}}}}"));
        stage.fails(&format!("{{type: contains, config: {{{place}pattern: workspace}}}}"));
    }
}

#[test]
fn a_listed_file_without_content_is_read_from_the_workspace() {
    let mut stage = Stage::with_artifacts(&[LISTED]);
    let assertion = "{type: contains, config: {path: out/big.bin, pattern: gold}}";
    let message = stage.fails(assertion);
    assert_eq!(message, "the answer lists out/big.bin without its content");
    stage.write("out/big.bin", b"\xff\x00gold\xfe");
    stage.holds(assertion);
    stage.holds("{type: contains, config: {pattern: gold}}");
}

#[test]
fn of_a_huge_file_the_beginning_is_read() {
    let mut stage = Stage::new();
    let mut content = vec![b'x'; CONTENT_BYTES as usize + 100];
    content[10..14].copy_from_slice(b"gold");
    let end = content.len() - 4;
    content[end..].copy_from_slice(b"lead");
    stage.write("huge", content);
    stage.holds("{type: contains, config: {path: huge, pattern: gold}}");
    let message = stage.fails("{type: contains, config: {path: huge, pattern: lead}}");
    assert!(message.ends_with("(only the first 16 MiB were read)"), "{message}");
}

#[test]
fn sections_are_headings_or_keys() {
    let document = r##"{"type": "file", "path": "r.md",
        "content": "# Report\n\n## 1. Summary\nSources are listed.\n\n**Method:** none\n"}"##;
    let stage = Stage::with_artifacts(&[document, DATA]);
    stage.holds("{type: sections, config: {path: r.md, sections: [Summary, method, REPORT]}}");
    stage.holds("{type: sections, config: {path: facts, sections: [Total, City]}}");
    stage.holds("{type: sections, config: {path: r.md, sections: Summary}}");
    let message =
        stage.fails("{type: sections, config: {path: r.md, sections: [Summary, Sources, Data]}}");
    assert_eq!(message, "r.md: there is no section Sources, Data");
}

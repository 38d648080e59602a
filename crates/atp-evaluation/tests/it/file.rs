//! Files of the workspace, with those of the answer laid over it.

use crate::stage::Stage;

const INLINE: &str = r#"{"type": "file", "path": "out/new.txt", "content": "inline"}"#;

fn stage() -> Stage {
    let mut stage = Stage::with_artifacts(&[INLINE, r#"{"type": "file", "path": "claimed.txt"}"#]);
    stage.write("readme.txt", "Hello").write("data/config.json", "{\"version\": 1}\n");
    stage
}

#[test]
fn files_exist_or_do_not() {
    let stage = stage();
    for path in ["readme.txt", "./data//config.json", "out/new.txt"] {
        stage.holds(&format!("{{type: file_exists, config: {{path: {path}}}}}"));
        let message = stage.fails(&format!("{{type: file_not_exists, config: {{path: {path}}}}}"));
        assert!(message.ends_with(" is a file"), "{message}");
    }
    for path in ["none.txt", "claimed.txt", "readme.txt/deeper", "none/none.txt"] {
        let message = stage.fails(&format!("{{type: file_exists, config: {{path: {path}}}}}"));
        assert_eq!(message, format!("there is no {path}"));
        stage.holds(&format!("{{type: file_not_exists, config: {{path: {path}}}}}"));
    }
}

#[test]
fn directories_are_no_files() {
    let stage = stage();
    for path in ["data", "out", "."] {
        stage.holds(&format!("{{type: dir_exists, config: {{path: {path}}}}}"));
        let message = stage.fails(&format!("{{type: file_exists, config: {{path: {path}}}}}"));
        assert!(message.ends_with("is a directory, not a file"), "{message}");
        stage.fails(&format!("{{type: file_not_exists, config: {{path: {path}}}}}"));
        stage.fails(&format!("{{type: file_contains, config: {{path: {path}, pattern: a}}}}"));
    }
    let message = stage.fails("{type: dir_exists, config: {path: readme.txt}}");
    assert_eq!(message, "readme.txt is a file, not a directory");
    stage.fails("{type: dir_exists, config: {path: ' '}}");
}

#[test]
fn content_is_that_of_the_answer_before_that_of_the_workspace() {
    let mut stage = stage();
    stage.write("out/new.txt", "written");
    stage.holds("{type: file_contains, config: {path: out/new.txt, pattern: inline}}");
    stage.fails("{type: file_contains, config: {path: out/new.txt, pattern: written}}");
    let assertion = "{type: file_contains, config: {path: data/config.json, regex: true, pattern: ";
    stage.holds(&format!("{assertion}'\"version\":\\s*\\d+\\}}$'}}}}"));
    let message = stage.fails(&format!("{assertion}'^\\d+$'}}}}"));
    assert_eq!(message, "/^\\d+$/ does not occur in data/config.json");
}

#[test]
fn files_of_a_directory_are_counted() {
    let mut stage = stage();
    stage.write("out/old.txt", "").write("out/new.txt", "").write("out/deep/other.txt", "");
    let count =
        |path: &str, rest: &str| format!("{{type: file_count, config: {{path: {path}, {rest}}}}}");
    stage.holds(&count("out", "count: 2"));
    stage.holds(&count("data", "count: 1, operator: eq"));
    stage.holds("{type: file_count, config: {count: 1}}");
    for (operator, holds) in
        [("gte", true), (">=", true), ("lte", true), ("gt", false), ("lt", false), ("ne", false)]
    {
        let assertion = count("out", &format!("count: 2, operator: '{operator}'"));
        assert_eq!(stage.check(&assertion).passed, holds, "{operator}");
    }
    let message = stage.fails(&count("out", "count: 3, operator: gte"));
    assert_eq!(message, "2 files in out, at least 3 wanted");
    assert_eq!(stage.fails(&count("none", "count: 0")), "there is no none");
    let message = stage.fails(&count("readme.txt", "count: 1"));
    assert_eq!(message, "readme.txt is a file, not a directory");
}

#[test]
fn a_folder_may_be_the_start_of_paths() {
    let stage = stage();
    stage.holds("{type: file_exists, config: {workspace_path: data, path: config.json}}");
    stage.holds("{type: file_count, config: {workspace_path: data, count: 1}}");
    stage.fails("{type: file_exists, config: {workspace_path: data, path: readme.txt}}");
}

#[test]
fn without_a_workspace_there_are_the_files_of_the_answer() {
    let stage = Stage::with_artifacts(&[INLINE]);
    stage.holds("{type: file_exists, config: {path: out/new.txt}}");
    stage.holds("{type: file_contains, config: {path: out/new.txt, pattern: line}}");
    stage.holds("{type: dir_exists, config: {path: out}}");
    stage.holds("{type: file_count, config: {path: out, count: 1}}");
    stage.holds("{type: file_count, config: {count: 0}}");
    stage.holds("{type: file_not_exists, config: {path: readme.txt}}");
    stage.fails("{type: file_exists, config: {path: readme.txt}}");
}

/// X3: neither is the current directory looked at, nor is anything written there.
#[test]
fn x3_the_current_directory_plays_no_part() {
    let here = std::fs::read_dir(".").unwrap().count();
    assert!(std::path::Path::new("Cargo.toml").is_file(), "tests run beside the manifest");
    let mut stage = Stage::with_artifacts(&[
        r#"{"type": "file", "path": "Cargo.toml.new", "content": "inline"}"#,
    ]);
    for with_workspace in [false, true] {
        if with_workspace {
            stage.folder();
        }
        stage.fails("{type: file_exists, config: {path: Cargo.toml}}");
        stage.fails("{type: artifact_exists, config: {path: Cargo.toml}}");
        stage.fails("{type: file_contains, config: {path: Cargo.toml, pattern: package}}");
        stage.fails("{type: artifact_exists, config: {pattern: Cargo.toml}}");
        stage.holds("{type: file_exists, config: {path: Cargo.toml.new}}");
    }
    assert_eq!(std::fs::read_dir(".").unwrap().count(), here);
    assert_eq!(std::fs::read_dir(stage.folder()).unwrap().count(), 0);
}

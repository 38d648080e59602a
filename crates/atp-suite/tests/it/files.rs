//! Files and directories.

use std::path::Path;

use atp_suite::{Environment, MAX_FILE_BYTES, ProblemKind, load_dir, load_file};

const SUITE: &str = "test_suite: s\ntests: [{id: t, name: n, task: {description: d}}]\n";

fn write(directory: &Path, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(directory.join(name), content).unwrap();
}

#[test]
fn what_cannot_be_read_is_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let env = Environment::new();
    for path in [directory.path().join("missing.yaml"), directory.path().to_owned()] {
        let error = load_file(&path, &env).unwrap_err();
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!((problem.kind, problem.line, problem.column), (ProblemKind::Read, 1, 1));
        assert_eq!(problem.file.as_deref(), Some(path.as_path()));
    }
    load_dir(directory.path().join("missing"), &env).unwrap_err();
}

#[test]
fn bytes_that_are_not_utf_8_are_located() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", b"test_suite: s\nname: \xc3\xa4\xff\n");
    let error = load_file(directory.path().join("a.yaml"), &Environment::new()).unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!((problem.line, problem.column, problem.kind), (2, 8, ProblemKind::Read));
}

/// The limit falls within a character, which makes what is read no UTF-8.
#[test]
fn a_file_beyond_the_limit_is_too_large_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", "ä".repeat(MAX_FILE_BYTES / 2 + 10));
    let error = load_file(directory.path().join("a.yaml"), &Environment::new()).unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.kind, ProblemKind::Limit);
    assert_eq!(problem.message, "the file has more than 16777216 bytes");
}

#[test]
fn a_directory_gives_a_result_for_each_file_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    write(path, "b.yaml", SUITE);
    write(path, "a.yml", "tests: []\n");
    write(path, "C.yaml", "[");
    write(path, "notes.txt", "no suite");
    std::fs::create_dir(path.join("d.yaml")).unwrap();
    let files = load_dir(path, &Environment::new()).unwrap();
    let results: Vec<_> = files
        .iter()
        .map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.result.is_ok()))
        .collect();
    assert_eq!(results, [("C.yaml", false), ("a.yml", false), ("b.yaml", true)]);
}

#[test]
fn errors_name_their_file() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.yaml", "test_suite: s\n");
    let file = directory.path().join("a.yaml");
    let error = load_file(&file, &Environment::new()).unwrap_err();
    let expected = format!("{}:1:1: tests: required key \"tests\" is missing", file.display());
    assert_eq!(error.to_string(), expected);
}

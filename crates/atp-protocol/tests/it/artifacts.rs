use crate::problems;
use atp_protocol::{Artifact, Error, Response, limits};

fn artifact(json: &str) -> Result<Artifact, Error> {
    Response::parse(&format!(r#"{{"task_id": "t", "status": "completed", "artifacts": [{json}]}}"#))
        .map(|mut response| response.artifacts.remove(0))
}

#[test]
fn each_type() {
    let file =
        artifact(r#"{"type": "file", "path": " out/a.txt ", "content": "hi", "size_bytes": "2"}"#);
    let Artifact::File(file) = file.unwrap() else { panic!("no file") };
    assert_eq!((file.path.as_str(), file.size_bytes), ("out/a.txt", Some(2)));

    let data = artifact(r#"{"type": "structured", "name": "result", "data": {"a": [1, 2.50]}}"#);
    let Artifact::Structured(data) = data.unwrap() else { panic!("no data") };
    assert_eq!(data.data.get(), r#"{"a": [1, 2.50]}"#);

    let elsewhere = artifact(r#"{"type": "reference", "path": "s3://bucket/../x"}"#);
    let Artifact::Reference(elsewhere) = elsewhere.unwrap() else { panic!("no reference") };
    assert_eq!(elsewhere.path, "s3://bucket/../x");
}

#[test]
fn an_untyped_artifact_takes_the_shape_of_its_fields() {
    assert!(matches!(artifact(r#"{"path": "a"}"#), Ok(Artifact::File(_))));
    assert!(matches!(artifact(r#"{"name": "a", "data": {}}"#), Ok(Artifact::Structured(_))));
    assert!(matches!(
        artifact(r#"{"path": "a", "name": "n", "data": {}}"#),
        Ok(Artifact::Structured(_))
    ));
    assert!(matches!(artifact(r#"{"path": "a", "name": "n"}"#), Ok(Artifact::File(_))));
    assert!(matches!(artifact(r#"{"path": "a", "data": {}}"#), Ok(Artifact::File(_))));
}

#[test]
fn an_untyped_bad_path_is_no_reference() {
    for path in ["/etc/passwd", "../x", "a/../../b"] {
        let found = problems(artifact(&format!(r#"{{"path": "{path}"}}"#)));
        assert_eq!(found.len(), 1, "{path}");
        assert!(found[0].starts_with("$.artifacts[0].path: expected a relative path"), "{found:?}");
    }
}

#[test]
fn file_paths_stay_below_the_workspace() {
    let file = |path: &str| artifact(&format!(r#"{{"type": "file", "path": "{path}"}}"#));
    for path in ["a", "a..b", "..a/b", "a/...", "ü/é", "./a"] {
        assert!(file(path).is_ok(), "{path}");
    }
    for path in ["", "  ", "/a", "..", "a/..", "../a", r"a\\..\\b", r"a\u0000b"] {
        assert_eq!(problems(file(path)).len(), 1, "{path}");
    }
}

#[test]
fn names_hold_no_separator() {
    let named = |name: &str| {
        artifact(&format!(r#"{{"type": "structured", "name": "{name}", "data": {{}}}}"#))
    };
    assert!(named("a b.c").is_ok());
    for name in ["", " ", "a/b", r"a\\b", r"a\u0000"] {
        assert_eq!(problems(named(name)).len(), 1, "{name}");
    }
}

#[test]
fn lengths_hold_at_their_edge() {
    let file = |field: &str, chars: usize| {
        let path = if field == "path" { "" } else { r#""path": "a", "# };
        artifact(&format!(r#"{{"type": "file", {path}"{field}": "{}"}}"#, "é".repeat(chars)))
    };
    for (field, limit) in [
        ("path", limits::PATH_CHARS),
        ("content_type", limits::CONTENT_TYPE_CHARS),
        ("content_hash", limits::CONTENT_HASH_CHARS),
        ("content", limits::CONTENT_CHARS),
    ] {
        assert!(file(field, limit).is_ok(), "{field}");
        let found = problems(file(field, limit + 1));
        assert!(found[0].ends_with(&format!("found a string of {} characters", limit + 1)));
    }
    let named =
        |chars: usize| artifact(&format!(r#"{{"name": "{}", "data": {{}}}}"#, "é".repeat(chars)));
    assert!(named(limits::NAME_CHARS).is_ok() && named(limits::NAME_CHARS + 1).is_err());
}

#[test]
fn other_types_and_kinds_are_refused() {
    assert_eq!(
        problems(artifact(r#"{"type": "folder", "path": "a"}"#)),
        ["$.artifacts[0].type: expected file, structured or reference, found \"folder\""]
    );
    assert_eq!(
        problems(artifact(r#"{"type": "structured", "name": "a", "data": [1]}"#)),
        ["$.artifacts[0].data: expected an object, found an array"]
    );
    assert_eq!(problems(artifact(r#"{"path": 3}"#)).len(), 1);
}

#[test]
fn an_unknown_key_may_hold_half_a_surrogate_pair() {
    assert!(artifact(r#"{"path": "a", "\udc00\u0041": 1}"#).is_ok());
    assert!(Response::parse(r#"{"\ud800": 1, "task_id": "t", "status": "failed"}"#).is_ok());
    // A known key may be written with escapes.
    assert!(artifact(r#"{"p\u0061th": "a"}"#).is_ok());
}

#[test]
fn half_a_surrogate_pair_is_an_error() {
    assert_eq!(
        problems(artifact(r#"{"path": "a", "content": "\ud800"}"#)),
        [
            "$.artifacts[0].content: expected content of at most 10000000 characters, found a string with half of a surrogate pair"
        ]
    );
}

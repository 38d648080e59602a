use super::{
    fixture::{Fixture, ManualClock, options},
    registry::{Refusal, TestRegistry},
};
use crate::release::{
    interfaces,
    options::{Options, Step},
    plan, prepare, publish, verify,
    version::Bump,
    workspace::Workspace,
};
#[cfg(unix)]
use std::path::Path;

const CRATES: [&str; 3] = ["fx-base", "fx-middle", "fx-top"];

/// As a proxy answers: no JSON, so that cargo shows the headers.
fn too_many() -> Refusal {
    Refusal { status: "429 Too Many Requests", headers: "Retry-After: 7\r\n", body: "slow down" }
}

/// A workspace whose version is prepared, with an empty registry.
fn prepared() -> Option<(TestRegistry, Fixture)> {
    let registry = TestRegistry::start();
    let fixture = Fixture::new(&registry)?;
    prepare::run(&fixture.shell, &options(Step::Prepare, true)).unwrap();
    Some((registry, fixture))
}

fn publish(fixture: &Fixture) -> (Result<(), String>, Vec<u64>) {
    let mut clock = ManualClock::new();
    let options = options(Step::Publish, true);
    let result = publish::run(&fixture.shell, &options, &mut clock);
    (result.map_err(|error| error.to_string()), clock.slept)
}

#[test]
fn a_429_is_waited_out_as_long_as_the_registry_says() {
    let Some((registry, fixture)) = prepared() else { return };
    let with_date = Refusal {
        status: "429 Too Many Requests",
        headers: "",
        body: r#"{"errors": [{"detail": "Please try again after Sun, 06 Nov 1994 08:59:44 GMT or write"}]}"#,
    };
    // The clock starts at 08:49:37, and the first wait is 7 seconds of it.
    registry.refuse("fx-middle", [too_many(), with_date]);
    let (result, slept) = publish(&fixture);
    assert_eq!(result, Ok(()));
    assert_eq!(slept, [7, 600]);
    assert_eq!(registry.uploads(), ["fx-base", "fx-middle", "fx-middle", "fx-middle", "fx-top"]);
    assert_eq!(registry.published(), CRATES);
    assert_eq!(fixture.tags(), "v0.1.0");
}

#[test]
fn a_500_stops_and_the_next_run_goes_on_from_there() {
    let Some((registry, fixture)) = prepared() else { return };
    let broken = Refusal { status: "500 Internal Server Error", headers: "", body: "oops" };
    registry.refuse("fx-middle", [broken]);
    let (result, slept) = publish(&fixture);
    let error = result.unwrap_err();
    assert!(error.starts_with("fx-middle is not published, and 1 before it are"), "{error}");
    assert!(error.contains("got 500"), "{error}");
    assert!(slept.is_empty());
    assert_eq!(registry.published(), ["fx-base"]);

    assert_eq!(publish(&fixture).0, Ok(()));
    assert_eq!(registry.uploads(), ["fx-base", "fx-middle", "fx-middle", "fx-top"]);
    assert_eq!(registry.published(), CRATES);
    // A third run finds nothing to do.
    assert_eq!(publish(&fixture).0, Ok(()));
    assert_eq!(registry.uploads().len(), 4);
}

#[test]
fn what_is_published_already_is_skipped() {
    let Some((registry, fixture)) = prepared() else { return };
    registry.hold("fx-base", "0.1.0");
    // The index does not have this one yet, but the registry does.
    let late = Refusal {
        status: "400 Bad Request",
        headers: "",
        body: r#"{"errors": [{"detail": "crate version `0.1.0` is already uploaded"}]}"#,
    };
    registry.refuse("fx-top", [late]);
    assert_eq!(publish(&fixture).0, Ok(()));
    assert_eq!(registry.uploads(), ["fx-middle", "fx-top"]);
}

#[test]
fn a_registry_that_always_refuses_is_given_up() {
    let Some((registry, fixture)) = prepared() else { return };
    registry.refuse("fx-base", (0..50).map(|_| too_many()));
    let (result, slept) = publish(&fixture);
    let error = result.unwrap_err();
    assert!(error.contains("fx-base is not published, and 0 before it are"), "{error}");
    assert!(error.contains("refused it 13 times"), "{error}");
    assert_eq!(slept, [7; 12]);
}

#[test]
fn a_registry_that_wants_hours_is_not_waited_for() {
    let Some((registry, fixture)) = prepared() else { return };
    let hours =
        Refusal { status: "429 Too Many Requests", headers: "Retry-After: 7200\r\n", body: "" };
    registry.refuse("fx-base", [hours]);
    let (result, slept) = publish(&fixture);
    assert!(result.unwrap_err().contains("7200 s of rest"));
    assert!(slept.is_empty());
}

#[test]
fn without_execute_nothing_is_changed() {
    let registry = TestRegistry::start();
    let Some(fixture) = Fixture::new(&registry) else { return };
    let head = fixture.git(&["rev-parse", "HEAD"]);
    prepare::run(&fixture.shell, &options(Step::Prepare, false)).unwrap();
    assert_eq!(fixture.git(&["status", "--porcelain"]), "");

    prepare::run(&fixture.shell, &options(Step::Prepare, true)).unwrap();
    assert_ne!(fixture.git(&["rev-parse", "HEAD"]), head);
    publish::run(&fixture.shell, &options(Step::Publish, false), &mut ManualClock::new()).unwrap();
    assert!(registry.uploads().is_empty());
    assert_eq!(fixture.tags(), "");
}

#[test]
fn prepare_sets_one_version_everywhere_and_writes_the_changelog() {
    let Some((_registry, fixture)) = prepared() else { return };
    fixture.git(&["tag", "v0.1.0"]);
    fixture.write("fx-top/src/lib.rs", "pub use fx_middle as middle;\npub mod more {}\n");
    fixture.commit("fx-top: offer more");
    let options = Options { bump: Some(Bump::Minor), ..options(Step::Prepare, true) };
    prepare::run(&fixture.shell, &options).unwrap();

    assert_eq!(fixture.git(&["log", "-1", "--format=%s"]), "workspace: release 0.2.0");
    assert_eq!(fixture.git(&["status", "--porcelain"]), "");
    assert_eq!(fixture.read("Cargo.toml").matches("0.2.0").count(), 4);
    assert_eq!(fixture.read("Cargo.lock").matches("version = \"0.2.0\"").count(), 4);
    let changelog = fixture.read("CHANGELOG.md");
    // That of the commit before, for midnight may lie in between.
    let day = fixture.git(&["show", "-s", "--format=%cs", "HEAD~1"]);
    assert!(
        changelog.contains(&format!("## 0.2.0 - {day}\n\n### fx-top\n\n- offer more\n\n## 0.1.0")),
        "{changelog}"
    );
    assert!(changelog.contains("The first.\n\n### fx-base\n\n- begin\n"), "{changelog}");
    // A second time there is nothing to prepare.
    assert!(prepare::run(&fixture.shell, &options).is_ok(), "a further minor version");
    let none = Options { bump: None, ..options };
    assert!(prepare::run(&fixture.shell, &none).unwrap_err().to_string().contains("already"));
}

#[test]
fn prepare_does_not_go_back_to_a_version_that_was_released() {
    let Some((_registry, fixture)) = prepared() else { return };
    fixture.git(&["tag", "v0.2.0", "HEAD~1"]);
    let options = Options { bump: Some(Bump::Minor), ..options(Step::Prepare, true) };
    let error = prepare::run(&fixture.shell, &options).unwrap_err().to_string();
    assert_eq!(error, "0.2.0 is released already");
    let error = plan::describe(&fixture.shell, &options).unwrap_err().to_string();
    assert_eq!(error, "0.2.0 is released already");
}

#[test]
#[cfg(unix)]
fn a_preparation_that_fails_leaves_nothing_behind_and_can_be_made_again() {
    let registry = TestRegistry::start();
    let Some(fixture) = Fixture::new(&registry) else { return };
    fixture.git(&["rm", "--quiet", "CHANGELOG.md"]);
    fixture.git(&["commit", "--quiet", "--message", "docs: start over"]);
    let options = Options { bump: Some(Bump::Minor), ..options(Step::Prepare, true) };
    // By now every file is written: the commit is what fails.
    fixture.git(&["config", "core.hooksPath", fixture.outside("hooks").to_str().unwrap()]);
    let hook = fixture.outside("hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    executable(&hook, "#!/bin/sh\necho no >&2\nexit 1\n");
    let error = prepare::run(&fixture.shell, &options).unwrap_err().to_string();
    assert!(error.contains("commit") && error.ends_with("no\nnothing was changed"), "{error}");
    assert_eq!(fixture.git(&["status", "--porcelain"]), "");

    std::fs::remove_file(hook).unwrap();
    prepare::run(&fixture.shell, &options).unwrap();
    assert_eq!(fixture.git(&["log", "-1", "--format=%s"]), "workspace: release 0.2.0");
}

#[test]
fn prepare_begins_a_changelog_where_there_is_none() {
    let registry = TestRegistry::start();
    let Some(fixture) = Fixture::new(&registry) else { return };
    fixture.git(&["rm", "--quiet", "CHANGELOG.md"]);
    fixture.git(&["commit", "--quiet", "--message", "docs: start over"]);
    prepare::run(&fixture.shell, &options(Step::Prepare, true)).unwrap();
    assert_eq!(fixture.git(&["status", "--porcelain"]), "");
    assert!(fixture.read("CHANGELOG.md").starts_with("## 0.1.0 - "));
    assert!(verify::run(&fixture.shell, &options(Step::Verify, false)).is_ok());
}

#[test]
fn the_plan_tells_order_state_and_commits() {
    let Some((registry, fixture)) = prepared() else { return };
    registry.hold("fx-base", "0.1.0");
    let text = plan::describe(&fixture.shell, &options(Step::Plan, false)).unwrap();
    assert_eq!(
        text,
        "version 0.1.0\n\n3 crates, in this order:\n   1. fx-base  (published)\n   2. fx-middle\n   \
         3. fx-top\n\n2 commits in all\n  workspace: release 0.1.0\n  fx-base: begin"
    );
    let bumped = Options { bump: Some(Bump::Patch), ..options(Step::Plan, false) };
    assert!(
        plan::describe(&fixture.shell, &bumped).unwrap().starts_with("version 0.1.1, now 0.1.0\n")
    );
}

fn refusal(fixture: &Fixture) -> String {
    verify::run(&fixture.shell, &options(Step::Verify, false)).err().unwrap().to_string()
}

#[test]
fn a_state_that_cannot_be_released_is_refused_before_any_upload() {
    let registry = TestRegistry::start();
    let Some(fixture) = Fixture::new(&registry) else { return };
    assert!(refusal(&fixture).contains("no dated section for 0.1.0"));
    prepare::run(&fixture.shell, &options(Step::Prepare, true)).unwrap();

    fixture.write("stray", "");
    assert!(refusal(&fixture).contains("1 changes in no commit"));
    fixture.commit("docs: keep it");

    fixture.git(&["tag", "v0.1.0", "HEAD~1"]);
    assert!(refusal(&fixture).contains("the tag v0.1.0 marks another commit"));
    fixture.git(&["tag", "--delete", "v0.1.0"]);

    fixture.write("fx-top/src/lib.rs", "pub use fx_middle::absent;");
    fixture.commit("fx-top: break");
    assert!(refusal(&fixture).contains("failed to verify"));
    assert!(registry.uploads().is_empty());
}

#[test]
fn crates_that_need_each_other_or_differ_in_version_are_refused() {
    let registry = TestRegistry::start();
    let Some(fixture) = Fixture::new(&registry) else { return };
    let base = fixture.read("fx-base/Cargo.toml");
    fixture.write(
        "fx-base/Cargo.toml",
        &format!("{base}\n[dev-dependencies]\nfx-top.workspace = true\n"),
    );
    fixture.commit("fx-base: test with the top");
    assert!(refusal(&fixture).contains("fx-base -> fx-top -> fx-middle -> fx-base"));

    fixture.write(
        "fx-base/Cargo.toml",
        &base.replace("version.workspace = true", "version = \"0.1.1\""),
    );
    fixture.commit("fx-base: go ahead");
    assert!(refusal(&fixture).contains("not at 0.1.1 like the rest"));

    let hidden = base.replace("[dependencies]", "publish = false\n\n[dependencies]");
    fixture.write("fx-base/Cargo.toml", &hidden);
    fixture.commit("fx-base: hide");
    assert!(refusal(&fixture).contains("fx-middle needs fx-base, which is not published"));
}

#[cfg(unix)]
fn executable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Stands in for cargo-semver-checks: notes what it was asked and answers as told.
#[cfg(unix)]
fn install_semver_checks(fixture: &Fixture, code: i32) {
    let script = format!(
        "#!/bin/sh\n[ \"$2\" = --version ] && exit 0\necho \"$@\" > '{}'\nexit {code}\n",
        fixture.outside("asked").display()
    );
    let path = fixture.outside("home/bin/cargo-semver-checks");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    executable(&path, &script);
}

#[test]
#[cfg(unix)]
fn interfaces_are_held_against_the_last_release() {
    let Some((registry, fixture)) = prepared() else { return };
    // The first release has none before it, so that nothing is asked.
    install_semver_checks(&fixture, 1);
    assert_eq!(publish(&fixture).0, Ok(()));
    assert!(!fixture.outside("asked").exists());

    let options = Options { bump: Some(Bump::Patch), ..options(Step::Prepare, true) };
    prepare::run(&fixture.shell, &options).unwrap();
    assert!(refusal(&fixture).contains("does not fit what changed in public since v0.1.0"));
    let asked = std::fs::read_to_string(fixture.outside("asked")).unwrap();
    assert_eq!(
        asked.trim(),
        "semver-checks --baseline-rev v0.1.0 --package fx-base --package fx-middle --package fx-top"
    );

    install_semver_checks(&fixture, 0);
    assert_eq!(publish(&fixture).0, Ok(()));
    assert_eq!(registry.uploads().len(), 6);
    assert_eq!(fixture.tags(), "v0.1.0\nv0.1.1");

    // A checkout between two releases is held against the one it descends from.
    fixture.write("fx-top/src/lib.rs", "");
    fixture.commit("fx-top: offer less");
    let workspace = Workspace::read(&fixture.shell, None).unwrap();
    interfaces::check(&fixture.shell, &workspace).unwrap();
    let asked = std::fs::read_to_string(fixture.outside("asked")).unwrap();
    assert!(asked.contains("--baseline-rev v0.1.1 "), "{asked}");
}

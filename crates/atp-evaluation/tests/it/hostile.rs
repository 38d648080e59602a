//! Workspaces that lead elsewhere, never end or cannot be read.

use crate::stage::Stage;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::symlink;

const ALL_TYPES: [&str; 7] = [
    "{type: file_exists, config: {path: PATH}}",
    "{type: file_not_exists, config: {path: PATH}}",
    "{type: file_contains, config: {path: PATH, pattern: r}}",
    "{type: dir_exists, config: {path: PATH}}",
    "{type: file_count, config: {path: PATH, count: 0, operator: gte}}",
    "{type: artifact_exists, config: {path: PATH}}",
    "{type: contains, config: {path: PATH, pattern: r}}",
];

/// A workspace beside a secret.
fn stage() -> Stage {
    let mut stage = Stage::new();
    let folder = stage.folder();
    fs::write(folder.with_file_name("secret.txt"), "secret").unwrap();
    fs::create_dir(folder.with_file_name("workspace-2")).unwrap();
    fs::write(folder.with_file_name("workspace-2").join("r.txt"), "r").unwrap();
    stage
}

#[track_caller]
fn all_fail(stage: &Stage, path: &str) -> Vec<String> {
    ALL_TYPES.iter().map(|assertion| stage.fails(&assertion.replace("PATH", path))).collect()
}

#[test]
fn paths_that_leave_are_refused() {
    let mut stage = stage();
    stage.write("a/b.txt", "r");
    let absolute = stage.folder().join("a/b.txt").display().to_string();
    for path in ["../secret.txt", "a/../../secret.txt", "a/..", "/etc/hostname", &absolute] {
        let messages = all_fail(&stage, path);
        let refusals = messages.iter().filter(|message| {
            message.starts_with("assertions[0].config.path: must ") && message.contains(path)
        });
        assert_eq!(refusals.count(), 5, "{messages:?}");
    }
    let refused = "{type: file_exists, config: {workspace_path: ../workspace-2, path: r.txt}}";
    assert!(stage.fails(refused).starts_with("assertions[0].config.workspace_path: must stay"));
}

#[test]
fn links_that_lead_out_are_not_followed() {
    let mut stage = stage();
    let folder = stage.folder();
    symlink("../secret.txt", folder.join("relative")).unwrap();
    symlink("/etc/hostname", folder.join("absolute")).unwrap();
    symlink("/etc", folder.join("etc")).unwrap();
    symlink("../workspace-2", folder.join("neighbour")).unwrap();
    symlink("relative", folder.join("twice")).unwrap();
    symlink("/dev/zero", folder.join("zero")).unwrap();
    symlink("/there-is-no-such-folder", folder.join("nowhere")).unwrap();
    symlink("../workspace/inside", folder.join("up-and-down")).unwrap();
    stage.write("inside", "r");
    for path in [
        "relative",
        "absolute",
        "etc",
        "etc/hostname",
        "neighbour",
        "neighbour/r.txt",
        "twice",
        "etc/there-is-no-such-file",
        "etc/no-such-folder/deeper",
        "nowhere",
        "up-and-down",
        "zero",
    ] {
        for message in all_fail(&stage, path) {
            assert!(message.contains("a link that leads out of the workspace"), "{message}");
        }
    }
    stage.fails("{type: artifact_exists, config: {pattern: 'r*'}}");
    stage.holds("{type: file_count, config: {count: 1}}");
}

#[test]
fn links_within_are_followed() {
    let mut stage = stage();
    stage.write("data/real.txt", "really");
    let folder = stage.folder();
    symlink("data/real.txt", folder.join("link.txt")).unwrap();
    symlink("data", folder.join("folder")).unwrap();
    symlink("../link.txt", folder.join("data/up")).unwrap();
    symlink(folder.join("data"), folder.join("whole")).unwrap();
    for path in ["link.txt", "folder/real.txt", "whole/real.txt", "folder/up"] {
        stage.holds(&format!("{{type: file_contains, config: {{path: {path}, pattern: real}}}}"));
    }
    stage.holds("{type: dir_exists, config: {path: folder}}");
    stage.holds("{type: file_count, config: {path: folder, count: 2}}");
    stage.holds("{type: file_count, config: {count: 1}}");
    stage.holds("{type: artifact_exists, config: {pattern: '*.txt'}}");
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_no_files_and_still_there() {
    let mut stage = stage();
    let folder = stage.folder();
    symlink("missing", folder.join("dangling")).unwrap();
    symlink("b", folder.join("a")).unwrap();
    symlink("a", folder.join("b")).unwrap();
    fs::write(folder.join("file"), "r").unwrap();
    symlink("file/deeper", folder.join("through")).unwrap();
    for path in ["dangling", "a", "through"] {
        all_fail(&stage, path);
    }
    let message = stage.fails("{type: file_exists, config: {path: dangling}}");
    assert_eq!(message, "dangling is a link that leads nowhere, not a file");
    let message = stage.fails("{type: file_exists, config: {path: a}}");
    assert!(message.contains("too many links"), "{message}");
    fs::remove_file(folder.join("file")).unwrap();
    stage.holds("{type: file_not_exists, config: {path: dangling/deeper}}");
    stage.holds("{type: file_not_exists, config: {path: missing}}");
    stage.holds("{type: file_count, config: {count: 0}}");
}

/// A pipe without a writer would be waited for.
#[test]
fn pipes_do_not_hang() {
    let mut stage = stage();
    let pipe = stage.folder().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for message in all_fail(&stage, "pipe") {
        assert!(message.contains("neither file nor directory"), "{message}");
    }
    stage.holds("{type: file_count, config: {count: 0}}");
    stage.fails("{type: artifact_exists, config: {pattern: pipe}}");
    stage.fails("{type: contains, config: {pattern: r}}");
}

#[test]
fn a_workspace_that_is_gone_has_no_files() {
    let mut stage = stage();
    fs::remove_dir_all(stage.folder()).unwrap();
    stage.fails("{type: file_exists, config: {path: a}}");
    stage.fails("{type: dir_exists, config: {path: .}}");
    stage.fails("{type: artifact_exists, config: {pattern: '*'}}");
    stage.holds("{type: file_not_exists, config: {path: a}}");
}

#[test]
fn a_workspace_behind_a_link_is_one() {
    let mut stage = stage();
    stage.write("a.txt", "r");
    let link = stage.folder().with_file_name("link");
    symlink(stage.folder(), &link).unwrap();
    stage.workspace = Some(link);
    stage.holds("{type: file_contains, config: {path: a.txt, pattern: r}}");
    stage.holds("{type: artifact_exists, config: {pattern: '*.txt'}}");
}

#[test]
fn names_need_not_be_utf_8_nor_short() {
    use std::os::unix::ffi::OsStrExt;

    let mut stage = stage();
    let name = std::ffi::OsStr::from_bytes(b"\xff.txt");
    fs::write(stage.folder().join(name), "r").unwrap();
    stage.holds("{type: file_count, config: {count: 1}}");
    let long = "x".repeat(5_000);
    for message in all_fail(&stage, &long) {
        assert!(message.len() < 12_000, "{}", message.len());
    }
}

#[test]
fn a_sparse_giant_is_read_to_the_bound() {
    let mut stage = stage();
    let file = fs::File::create(stage.folder().join("sparse")).unwrap();
    file.set_len(1 << 40).unwrap();
    let message = stage.fails("{type: file_contains, config: {path: sparse, pattern: r}}");
    assert!(message.ends_with("(only the first 16 MiB were read)"), "{message}");
}

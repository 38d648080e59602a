//! `atp completions`, `atp man`, and the help of each subcommand.

use crate::{atp, text};
use std::path::Path;

fn printed(args: &[&str]) -> String {
    let output = atp(Path::new("."), &[], args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn completions_are_there_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = printed(&["completions", shell]);
        assert!(completions.contains("validate"), "{shell}: {completions}");
        assert!(!completions.contains("sleeping"), "{shell}: {completions}");
        #[cfg(unix)]
        assert!(completions.contains("max-overhead"), "{shell}: {completions}");
    }
    let unknown = atp(Path::new("."), &[], &["completions", "cmd"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn bash_takes_its_completions() {
    let mut folder = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut folder, printed(&["completions", "bash"]).as_bytes()).unwrap();
    let script = r#"source "$1"; COMP_WORDS=(atp val); COMP_CWORD=1; _atp atp val atp
        echo "${COMPREPLY[@]}""#;
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).arg(folder.path());
    let Ok(output) = bash.output() else {
        println!("skipped: there is no bash on this machine");
        return;
    };
    assert_eq!(text(&output.stdout), "validate\n", "{}", text(&output.stderr));
}

#[test]
fn there_is_a_manual_page_of_each_command() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH atp 1") && page.contains("atp\\-validate(1)"), "{page}");
    assert!(!page.contains("sleeping"), "{page}");
    for name in ["validate", "bench", "completions", "man"] {
        let page = printed(&["man", name]);
        assert!(page.contains(&format!(".TH atp-{name} 1")), "{page}");
        assert!(page.contains("Examples:"), "{page}");
    }
    for wrong in ["nonsense", "sleeping-agent"] {
        let output = atp(Path::new("."), &[], &["man", wrong]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(wrong), "{}", text(&output.stderr));
    }
}

#[test]
fn the_long_help_shows_examples() {
    assert!(printed(&["--help"]).contains("Examples:\n  atp validate"));
    for name in ["validate", "bench", "completions", "man"] {
        let help = printed(&[name, "--help"]);
        assert!(help.contains(&format!("Examples:\n  atp {name}")), "{help}");
        assert!(!printed(&[name, "-h"]).contains("Examples:"));
    }
}

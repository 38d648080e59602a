//! The changelog's section of a version, from what was written by hand and from the commits.

use super::Failure;
use semver::Version;
use std::collections::BTreeMap;

/// Commits without the name of a published crate before their colon.
const THE_REST: &str = "Workspace";

/// Tells whether the changelog has a dated section for the version.
pub(super) fn is_dated(changelog: &str, version: &Version) -> bool {
    let heading = format!("## {version} - ");
    changelog.lines().any(|line| {
        line.strip_prefix(&heading).is_some_and(|day| day.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Returns the section of a version, with its heading.
pub(super) fn section<'a>(changelog: &'a str, version: &Version) -> &'a str {
    let heading = format!("## {version} - ");
    let Some(start) = changelog.find(&heading) else { return "" };
    let section = &changelog[start..];
    let end = section[1..].find("\n## ").map_or(section.len(), |end| end + 1);
    section[..end].trim_end()
}

/// Returns the changelog with a dated section for the version at its top.
///
/// A section that was begun by hand, called `Unreleased` or `VERSION - unreleased`, becomes it and
/// keeps its text; the commits are listed below.
pub(super) fn with_section(
    changelog: &str,
    version: &Version,
    day: &str,
    subjects: &[String],
    crates: &[String],
) -> Result<String, Failure> {
    if is_dated(changelog, version) {
        return Err(format!("the changelog has a section for {version} already").into());
    }
    let (before, begun, after) = split(changelog, version);
    let mut section = format!("## {version} - {day}\n");
    for part in [begun.trim(), commits(subjects, crates).trim()] {
        if !part.is_empty() {
            section += &format!("\n{part}\n");
        }
    }
    let mut parts = vec![before.trim_end(), section.trim_end(), after.trim_end()];
    parts.retain(|part| !part.is_empty());
    Ok(parts.join("\n\n") + "\n")
}

/// What is before the section that was begun, its text, and what is behind it.
fn split<'a>(changelog: &'a str, version: &Version) -> (&'a str, &'a str, &'a str) {
    let begun = format!("## {version} - unreleased");
    let is_begun = |line: &str| {
        let line = line.trim().trim_start_matches("## [").trim_end_matches(']');
        line.eq_ignore_ascii_case(&begun)
            || line.eq_ignore_ascii_case("## unreleased")
            || line.eq_ignore_ascii_case("unreleased")
    };
    let mut headings = Vec::new();
    let mut at = 0;
    for line in changelog.split_inclusive('\n') {
        if line.starts_with("## ") {
            headings.push((at, at + line.len(), is_begun(line)));
        }
        at += line.len();
    }
    let Some(first) = headings.first() else { return (changelog, "", "") };
    let Some(found) = headings.iter().position(|(_, _, is_begun)| *is_begun) else {
        return (&changelog[..first.0], "", &changelog[first.0..]);
    };
    let (start, text, _) = headings[found];
    let end = headings.get(found + 1).map_or(changelog.len(), |next| next.0);
    (&changelog[..start], &changelog[text..end], &changelog[end..])
}

/// The commits as lists, oldest first, one for each crate and one for what belongs to none.
fn commits(subjects: &[String], crates: &[String]) -> String {
    let mut lists: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for subject in
        subjects.iter().rev().filter(|subject| !subject.starts_with("workspace: release "))
    {
        let of_crate =
            subject.split_once(": ").filter(|(name, _)| crates.iter().any(|c| c == name));
        match of_crate {
            Some((name, change)) => lists.entry((false, name)).or_default().push(change),
            None => lists.entry((true, THE_REST)).or_default().push(subject),
        }
    }
    let list = |((_, name), changes): (&(bool, &str), &Vec<&str>)| {
        let changes: String = changes.iter().map(|change| format!("- {change}\n")).collect();
        format!("### {name}\n\n{changes}\n")
    };
    lists.iter().map(list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# Changelog\n\nAll of it.\n";

    fn written(changelog: &str) -> String {
        let subjects = [
            "workspace: release 0.1.0",
            "b: mend",
            "docs: tell",
            "a: add: more",
            "b: begin",
            "plain",
        ];
        let subjects = subjects.map(str::to_owned);
        let crates = ["a".to_owned(), "b".to_owned()];
        with_section(changelog, &Version::new(0, 2, 0), "2026-01-02", &subjects, &crates).unwrap()
    }

    const LISTS: &str = "### a\n\n- add: more\n\n### b\n\n- begin\n- mend\n\n### Workspace\n\n- plain\n- docs: tell\n";

    #[test]
    fn a_new_section_comes_first() {
        let old = format!("{HEAD}\n## 0.1.0 - 2025-01-01\n\nOld.\n");
        assert_eq!(
            written(&old),
            format!("{HEAD}\n## 0.2.0 - 2026-01-02\n\n{LISTS}\n## 0.1.0 - 2025-01-01\n\nOld.\n")
        );
        assert_eq!(written(HEAD), format!("{HEAD}\n## 0.2.0 - 2026-01-02\n\n{LISTS}"));
        assert_eq!(written(""), format!("## 0.2.0 - 2026-01-02\n\n{LISTS}"));
    }

    #[test]
    fn a_section_that_was_begun_keeps_its_text() {
        for heading in ["## Unreleased", "## [Unreleased]", "## 0.2.0 - unreleased"] {
            let old = format!("{HEAD}\n{heading}\n\nBy hand.\n\n## 0.1.0 - 2025-01-01\n");
            assert_eq!(
                written(&old),
                format!(
                    "{HEAD}\n## 0.2.0 - 2026-01-02\n\nBy hand.\n\n{LISTS}\n## 0.1.0 - 2025-01-01\n"
                )
            );
        }
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let changelog = "# C\n\n## 0.2.0 - 2026-01-02\n\n### a\n\n- b\n\n## 0.1.0 - 2025-01-01\n";
        let of = |minor| section(changelog, &Version::new(0, minor, 0));
        assert_eq!(of(2), "## 0.2.0 - 2026-01-02\n\n### a\n\n- b");
        assert_eq!((of(1), of(3)), ("## 0.1.0 - 2025-01-01", ""));
    }

    #[test]
    fn a_version_has_one_section() {
        let version = Version::new(0, 2, 0);
        let done = written(HEAD);
        assert!(is_dated(&done, &version) && !is_dated("## 0.2.0 - unreleased\n", &version));
        assert!(!is_dated("## 0.2.01 - 2026-01-02\n", &version));
        assert!(with_section(&done, &version, "2026-01-03", &[], &[]).is_err());
    }
}

//! One version in every manifest, all else left as it is written.

use super::Failure;
use semver::Version;
use toml_edit::{DocumentMut, Item, TableLike, value};

/// Sets the version of the package, of the workspace, and of dependencies that have a path, which
/// are members of the workspace. A version that is inherited stays so.
pub(super) fn with_version(manifest: &str, version: &Version) -> Result<String, Failure> {
    let mut document: DocumentMut = manifest.parse()?;
    let version = version.to_string();
    if let Some(package) = document.get_mut("package").and_then(Item::as_table_like_mut) {
        set_version(package, &version);
    }
    if let Some(workspace) = document.get_mut("workspace").and_then(Item::as_table_like_mut) {
        if let Some(package) = workspace.get_mut("package").and_then(Item::as_table_like_mut) {
            set_version(package, &version);
        }
        set_dependencies(workspace, &version);
    }
    set_dependencies(document.as_table_mut(), &version);
    if let Some(targets) = document.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_like_mut() {
                set_dependencies(target, &version);
            }
        }
    }
    Ok(document.to_string())
}

fn set_dependencies(table: &mut dyn TableLike, version: &str) {
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = table.get_mut(kind).and_then(Item::as_table_like_mut) else {
            continue;
        };
        for (_, dependency) in dependencies.iter_mut() {
            if let Some(dependency) = dependency.as_table_like_mut()
                && dependency.contains_key("path")
            {
                set_version(dependency, version);
            }
        }
    }
}

/// Replaces a version that is there as text, with the space around it.
fn set_version(table: &mut dyn TableLike, version: &str) {
    if let Some(item) = table.get_mut("version")
        && let Some(old) = item.as_value()
        && old.is_str()
    {
        let decor = old.decor().clone();
        *item = value(version);
        if let Some(new) = item.as_value_mut() {
            *new.decor_mut() = decor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_members_change_and_nothing_else() {
        let before = r#"# A comment.
[workspace]
members = ["a"]

[workspace.package]
version = "0.1.0" # shared
rust-version = "1.93"

[workspace.dependencies]
a   = { path = "a",   version = "0.1.0" }
serde = { version = "0.1.0", features = ["derive"] }

[workspace.dependencies.b]
path = "b"
version = "0.1.0"

[package]
name = "root"
version = "0.1.0"

[dependencies]
c = { path = "c", version = "0.1.0" }
d = { path = "d" }
a.workspace = true
e = "0.1.0"

[target.'cfg(unix)'.dev-dependencies]
f = { version = "0.1.0", path = "f" }
"#;
        let after = with_version(before, &Version::new(0, 2, 0)).unwrap();
        let changed: Vec<_> = before
            .lines()
            .zip(after.lines())
            .filter(|(old, new)| old != new)
            .map(|(_, new)| new)
            .collect();
        assert_eq!(
            changed,
            [
                r#"version = "0.2.0" # shared"#,
                r#"a   = { path = "a",   version = "0.2.0" }"#,
                r#"version = "0.2.0""#,
                r#"version = "0.2.0""#,
                r#"c = { path = "c", version = "0.2.0" }"#,
                r#"f = { version = "0.2.0", path = "f" }"#,
            ]
        );
        assert_eq!(before.lines().count(), after.lines().count());
    }

    #[test]
    fn an_inherited_version_stays_inherited() {
        let before = "[package]\nname = \"a\"\nversion.workspace = true\n";
        assert_eq!(with_version(before, &Version::new(9, 9, 9)).unwrap(), before);
        assert!(with_version("not toml", &Version::new(1, 0, 0)).is_err());
    }
}

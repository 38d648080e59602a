//! The crates of the workspace, as `cargo metadata` tells.

use super::{Failure, order, shell::Shell};
use semver::Version;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What is released together.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The version that all of its published crates share.
    pub(super) version: Version,
    /// The published crates, each after what it depends on.
    pub(super) crates: Vec<String>,
    /// The manifests of all members, published or not.
    pub(super) manifests: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Version,
    manifest_path: PathBuf,
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
    license: Option<String>,
    license_file: Option<PathBuf>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

impl Workspace {
    /// Reads the workspace and checks that it can be released as a whole.
    pub(super) fn read(shell: &Shell, registry: Option<&str>) -> Result<Self, Failure> {
        let json = shell.cargo(&["metadata", "--no-deps", "--format-version", "1"])?.or_fail()?;
        let Metadata { packages } = serde_json::from_str(&json)?;
        let manifests = packages.iter().map(|package| package.manifest_path.clone()).collect();
        let published: BTreeMap<&str, &Package> = packages
            .iter()
            .filter(|package| package.goes_to(registry))
            .map(|package| (package.name.as_str(), package))
            .collect();
        let Some(version) = published.values().next().map(|package| package.version.clone()) else {
            return Err("no crate of the workspace is published".into());
        };
        for package in published.values() {
            package.check(&version, &packages, &published)?;
        }
        let needs = published.iter().map(|(name, package)| {
            let needs = package.needs().filter(|need| published.contains_key(need.as_str()));
            ((*name).to_owned(), needs.collect())
        });
        let crates = order::sorted(&needs.collect()).map_err(|circle| {
            format!(
                "crates that need each other cannot be published: {}. A dependency of tests only \
                 may leave out its version",
                circle.join(" -> ")
            )
        })?;
        Ok(Self { version, crates, manifests })
    }

    /// The name of the tag that marks the release of a version.
    pub(super) fn tag(version: &Version) -> String {
        format!("v{version}")
    }
}

impl Package {
    fn goes_to(&self, registry: Option<&str>) -> bool {
        let Some(allowed) = &self.publish else { return true };
        allowed.iter().any(|name| name == registry.unwrap_or("crates-io"))
    }

    /// The crates of the workspace that must be in the registry before this one. Cargo drops a
    /// dependency of tests only where it has no version.
    fn needs(&self) -> impl Iterator<Item = String> {
        self.dependencies
            .iter()
            .filter(|need| need.path.is_some())
            .filter(|need| need.kind.as_deref() != Some("dev") || need.req != "*")
            .map(|need| need.name.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
    }

    fn check(
        &self,
        version: &Version,
        members: &[Self],
        published: &BTreeMap<&str, &Self>,
    ) -> Result<(), Failure> {
        let name = &self.name;
        if self.version != *version {
            return Err(
                format!("{name} is at {}, not at {version} like the rest", self.version).into()
            );
        }
        if self.description.is_none() || (self.license.is_none() && self.license_file.is_none()) {
            return Err(format!("{name} has no description or no licence").into());
        }
        let is_member = |need: &String| members.iter().any(|member| member.name == *need);
        match self.needs().find(|need| is_member(need) && !published.contains_key(need.as_str())) {
            Some(need) => Err(format!("{name} needs {need}, which is not published").into()),
            None => Ok(()),
        }
    }
}

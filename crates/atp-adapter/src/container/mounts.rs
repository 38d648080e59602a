//! What of the host a container gets to see.

use crate::config::{ConfigError, Settings};
use crate::error::Failure;
use atp_protocol::Request;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Folders of the container that belong to its system.
const GUARDED: [&str; 7] = ["/etc", "/root", "/proc", "/sys", "/dev", "/var/run", "/run"];

/// Where the workspace is, unless the configuration has another place for it.
const WORKSPACE: &str = "/workspace";

#[derive(Debug)]
pub(super) struct Mounts {
    /// Paths of the host and inside.
    volumes: Vec<(String, String)>,
    allowed: Vec<PathBuf>,
    working_dir: Option<String>,
}

impl Mounts {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        let working_dir = settings.text("working_dir")?.map(str::to_owned);
        if let Some(folder) = &working_dir {
            let refused = |problem| settings.invalid("working_dir", problem, "another path".into());
            check_inside(folder).map_err(refused)?;
        }
        let volumes: Vec<_> = settings.table("volumes")?.into_iter().collect();
        for (host, inside) in &volumes {
            let refused = |problem| {
                let place = format!("volumes.{host}");
                settings.invalid(&place, problem, "another path".into())
            };
            check_host(host).map_err(refused)?;
            check_inside(inside).map_err(refused)?;
        }
        let allowed = settings.texts("allowed_volume_paths")?;
        let allowed = allowed.into_iter().map(PathBuf::from).collect();
        Ok(Self { volumes, allowed, working_dir })
    }

    /// Adds the mounts of a run to the arguments, and returns the request as it is true inside.
    pub(super) fn enter(
        &self,
        request: &Request,
        args: &mut Vec<OsString>,
    ) -> Result<Request, Failure> {
        for (host, inside) in &self.volumes {
            self.check_allowed(host)?;
            args.extend(["-v".into(), format!("{host}:{inside}").into()]);
        }
        let mut request = request.clone();
        let workspace = request.context.as_mut().and_then(|it| it.workspace_path.as_mut());
        let mut working_dir = self.working_dir.as_deref();
        if let Some(path) = workspace {
            let inside = working_dir.unwrap_or(WORKSPACE);
            check_host(path).map_err(|problem| blocked(path, problem))?;
            args.extend(["-v".into(), format!("{path}:{inside}").into()]);
            inside.clone_into(path);
            working_dir = Some(inside);
        }
        if let Some(folder) = working_dir {
            args.extend(["-w".into(), folder.into()]);
        }
        Ok(request)
    }

    /// Checks, when it is to be mounted, that a path leads below one of the allowed ones: a link
    /// may have come there since the configuration was read.
    fn check_allowed(&self, host: &str) -> Result<(), Failure> {
        if self.allowed.is_empty() {
            return Ok(());
        }
        let real = |path: &Path| path.canonicalize().ok();
        let is_allowed = real(Path::new(host)).is_some_and(|path| {
            self.allowed.iter().filter_map(|folder| real(folder)).any(|it| path.starts_with(it))
        });
        if is_allowed {
            return Ok(());
        }
        Err(blocked(host, "it does not lie below any of allowed_volume_paths"))
    }
}

fn blocked(path: &str, reason: &str) -> Failure {
    Failure::Blocked { what: path.into(), reason: reason.into() }
}

fn check_host(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') || path.contains([':', '\0']) {
        return Err("an absolute path of the host without a colon");
    }
    Ok(())
}

fn check_inside(path: &str) -> Result<(), &'static str> {
    let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    let path = Path::new(path);
    let text = path.to_string_lossy();
    if !path.is_absolute() || !path.components().all(is_plain) || text.contains([':', '\0']) {
        return Err("an absolute path inside without `..` or a colon");
    }
    if path == Path::new("/") || GUARDED.iter().any(|guarded| path.starts_with(guarded)) {
        return Err("a path inside that is none of the system's");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_of_a_container_is_not_mounted_over() {
        for path in ["/", "//", "/etc", "/etc/", "/etc/passwd", "/proc", "/var/run/x", "/a/../etc"]
        {
            assert!(check_inside(path).is_err(), "{path}");
        }
        for path in ["/data", "/etcetera", "/workspace/a", "/var/runner"] {
            assert_eq!(check_inside(path), Ok(()), "{path}");
        }
        assert!(check_inside("relative").is_err() && check_inside("/a:/etc").is_err());
    }
}

//! The version that comes next.

use super::Failure;
use semver::Version;
use std::str::FromStr;

/// How the next version follows from the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bump {
    Major,
    Minor,
    Patch,
    To(Version),
}

impl FromStr for Bump {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "major" => Ok(Self::Major),
            "minor" => Ok(Self::Minor),
            "patch" => Ok(Self::Patch),
            _ => Err("must be major, minor or patch".into()),
        }
    }
}

/// Returns the version to release. Without a bump it is the current one, as long as that was not
/// released, which its tag tells.
pub(super) fn next(
    current: &Version,
    is_released: impl Fn(&Version) -> bool,
    bump: Option<&Bump>,
) -> Result<Version, Failure> {
    let next = match bump {
        None => current.clone(),
        Some(Bump::Major) => Version::new(current.major + 1, 0, 0),
        Some(Bump::Minor) => Version::new(current.major, current.minor + 1, 0),
        Some(Bump::Patch) => Version::new(current.major, current.minor, current.patch + 1),
        Some(Bump::To(version)) => version.clone(),
    };
    if next < *current {
        return Err(format!("{next} is before the current version {current}").into());
    }
    if is_released(&next) {
        let advice = if next == *current { ": say --bump or --to" } else { " already" };
        return Err(format!("{next} is released{advice}").into());
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(current: &str, is_released: bool, bump: Option<Bump>) -> Result<String, String> {
        let current = Version::parse(current).unwrap();
        next(&current, |version| is_released && *version == current, bump.as_ref())
            .map(|version| version.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn bumps_clear_what_is_behind_them() {
        assert_eq!(next_of("1.2.3", true, Some(Bump::Major)).unwrap(), "2.0.0");
        assert_eq!(next_of("1.2.3", true, Some(Bump::Minor)).unwrap(), "1.3.0");
        assert_eq!(next_of("1.2.3-rc.1", true, Some(Bump::Patch)).unwrap(), "1.2.4");
    }

    #[test]
    fn a_version_is_released_once_and_never_goes_back() {
        assert_eq!(next_of("0.1.0", false, None).unwrap(), "0.1.0");
        assert!(next_of("0.1.0", true, None).unwrap_err().contains("--bump"));
        let to = |version: &str| Some(Bump::To(Version::parse(version).unwrap()));
        assert_eq!(next_of("0.1.0", true, to("0.2.0-rc.1")).unwrap(), "0.2.0-rc.1");
        assert!(next_of("0.1.0", true, to("0.1.0")).is_err());
        assert!(next_of("0.2.0", false, to("0.1.9")).unwrap_err().contains("before"));
    }
}

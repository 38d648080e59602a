//! What an agent sees of this process's environment: a list, not everything.

use crate::secrets::Secrets;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Variables that every agent gets.
const ALWAYS: [&str; 4] = ["PATH", "HOME", "LANG", "TERM"];

/// Parts of names that secrets tend to have.
const SECRET_PARTS: [&str; 9] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTH", "PRIVATE"];

/// The environment of an agent.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    secrets: Secrets,
}

impl Environment {
    /// Returns `parent` as far as an agent may see it, with `own` on top: the variables that
    /// every agent gets and those in `allowed`, or, if it may `inherit`, all whose names do not
    /// look like those of secrets.
    pub(crate) fn new(
        parent: impl Iterator<Item = (OsString, OsString)>,
        inherit: bool,
        allowed: &[String],
        own: BTreeMap<String, String>,
    ) -> Self {
        let mut environment = Self::default();
        for (name, value) in parent {
            let text = name.to_string_lossy();
            let is_named = allowed.iter().any(|allowed| *allowed == text);
            let is_secret = is_secret(&text);
            if is_named || ALWAYS.contains(&&*text) || (inherit && !is_secret) {
                if is_secret {
                    environment.secrets.hide(&value.to_string_lossy());
                }
                environment.variables.insert(name, value);
            }
        }
        for (name, value) in own {
            environment.secrets.hide(&value);
            environment.variables.insert(name.into(), value.into());
        }
        environment
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.variables.iter()
    }

    /// Returns the values that no message may show.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Shows names and no value.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(inherit: bool, allowed: &[&str]) -> Vec<String> {
        let parent = ["PATH", "HOME", "EDITOR", "MY_API_KEY", "github_token"]
            .map(|name| (OsString::from(name), OsString::from("a value of it")));
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let own = BTreeMap::from([("OWN".to_owned(), "hush-hush".to_owned())]);
        let environment = Environment::new(parent.into_iter(), inherit, &allowed, own);
        assert_eq!(&*environment.secrets().mask(b"it is hush-hush"), b"it is ***");
        assert!(!format!("{environment:?}").contains("hush"));
        environment.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn only_what_is_allowed_is_passed_on() {
        assert_eq!(seen(false, &[]), ["HOME", "OWN", "PATH"]);
        assert_eq!(seen(false, &["MY_API_KEY"]), ["HOME", "MY_API_KEY", "OWN", "PATH"]);
    }

    #[test]
    fn secrets_are_inherited_only_by_name() {
        assert_eq!(seen(true, &[]), ["EDITOR", "HOME", "OWN", "PATH"]);
        let with_token = ["EDITOR", "HOME", "OWN", "PATH", "github_token"];
        assert_eq!(seen(true, &["github_token"]), with_token);
    }
}

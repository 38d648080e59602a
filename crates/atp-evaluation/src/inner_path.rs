//! Relative paths that stay below where they start.

use crate::finding::shown;
use std::fmt;

/// A path within a workspace, as far as its text goes. Empty for the workspace itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InnerPath(String);

impl InnerPath {
    /// Checks a path. Either separator separates.
    pub(crate) fn new(path: &str) -> Result<Self, &'static str> {
        let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if path.starts_with(['/', '\\']) || (cfg!(windows) && drive) {
            return Err("must be relative to the workspace");
        }
        if path.contains('\0') {
            return Err("must not hold a NUL character");
        }
        if path.split(['/', '\\']).any(|segment| segment == "..") {
            return Err("must stay within the workspace, without `..`");
        }
        Ok(Self(normalized(path)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn join(&self, inner: &Self) -> Self {
        match (self.0.as_str(), inner.0.as_str()) {
            ("", _) => inner.clone(),
            (_, "") => self.clone(),
            (outer, inner) => Self(format!("{outer}/{inner}")),
        }
    }

    /// Whether it is within that directory, at whatever depth.
    pub(crate) fn is_below(&self, directory: &Self) -> bool {
        let rest = self.0.strip_prefix(&directory.0);
        directory.0.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether it stands in that directory itself.
    pub(crate) fn is_directly_in(&self, directory: &Self) -> bool {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent) == directory.0
    }
}

impl fmt::Display for InnerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.0.is_empty() { "the workspace".into() } else { shown(&self.0) })
    }
}

/// Returns whether two paths mean the same: `./a//b` is `a/b`, and `/a` is not `a`.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other
        || (one.starts_with('/') == other.starts_with('/') && segments(one).eq(segments(other)))
}

/// A path without the segments that mean nothing.
pub(crate) fn normalized(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for segment in segments(path) {
        if !text.is_empty() || path.starts_with('/') {
            text.push('/');
        }
        text.push_str(segment);
    }
    text
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty() && *segment != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_within() {
        for path in ["/etc/passwd", "..", "a/../b", "a/..", "\\a", "a\\..\\b", "a\0b"] {
            assert!(InnerPath::new(path).is_err(), "{path:?}");
        }
        for (path, inner) in [
            ("a/b", "a/b"),
            ("./a//b/./", "a/b"),
            (".", ""),
            ("...", "..."),
            ("a..b", "a..b"),
            (" ", " "),
            ("~", "~"),
        ] {
            assert_eq!(InnerPath::new(path).unwrap().as_str(), inner);
        }
    }

    #[test]
    fn paths_join_and_contain() {
        let [empty, ab, c] = ["", "a/b", "c"].map(|path| InnerPath::new(path).unwrap());
        let abc = ab.join(&c);
        assert_eq!(abc.as_str(), "a/b/c");
        assert_eq!((empty.join(&c), ab.join(&empty)), (c.clone(), ab.clone()));
        assert!(abc.is_below(&ab) && abc.is_below(&empty) && abc.is_directly_in(&ab));
        assert!(!abc.is_below(&abc) && !abc.is_below(&c) && !abc.is_directly_in(&empty));
        assert!(c.is_directly_in(&empty) && !InnerPath::new("a/bc").unwrap().is_below(&ab));
    }

    #[test]
    fn sameness_ignores_what_means_nothing() {
        assert!(is_same("./a//b", "a/b") && is_same("/a/./b", "/a/b"));
        assert!(!is_same("/a", "a") && !is_same("a", "a/b") && !is_same("a", "A"));
        assert_eq!((normalized("/a//b/."), normalized("./a")), ("/a/b".into(), "a".into()));
    }
}

//! `benches/bars.toml`: how much more than a peer ours may take.

use super::{Failure, place::line_of};
use serde::Deserialize;
use std::{collections::HashSet, fs, path::Path};
use toml::Spanned;

/// One row: ours against a reference, both measured in one run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bar {
    pub(super) name: String,
    /// Criterion's full id of ours.
    pub(super) ours: String,
    /// Criterion's full id of what it is held against.
    pub(super) reference: String,
    /// The highest allowed ratio of ours to the reference.
    pub(super) max_ratio: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bar: Vec<Spanned<Bar>>,
}

/// Reads the workspace's rows.
pub(super) fn read(root: &Path) -> Result<Vec<Bar>, Failure> {
    let path = root.join("benches").join("bars.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn parse(text: &str) -> Result<Vec<Bar>, Failure> {
    let bars = toml::from_str::<File>(text)?.bar;
    let mut names = HashSet::new();
    for bar in &bars {
        let Bar { name, max_ratio, .. } = bar.get_ref();
        let line = line_of(text, bar);
        if !(max_ratio.is_finite() && *max_ratio > 0.0) {
            return Err(format!("{line}: max_ratio of {name:?} is {max_ratio}, not above 0").into());
        }
        if !names.insert(name) {
            return Err(format!("{line}: {name:?} is there twice").into());
        }
    }
    Ok(bars.into_iter().map(Spanned::into_inner).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_written() {
        let bars =
            parse("[[bar]]\nname = 'x'\nours = 'g/ours'\nreference = 'g/peer'\nmax_ratio = 1.5\n");
        let [bar] = bars.unwrap().try_into().unwrap();
        assert_eq!((bar.ours.as_str(), bar.reference.as_str()), ("g/ours", "g/peer"));
        assert_eq!(bar.max_ratio, 1.5);
        assert_eq!(parse("# nothing yet").unwrap(), []);
    }

    #[test]
    fn rows_that_make_no_sense_are_refused() {
        let row = |ratio: &str| {
            format!("[[bar]]\nname='x'\nours='a'\nreference='b'\nmax_ratio={ratio}\n")
        };
        for (text, part) in [
            (row("0"), "line 1: max_ratio of \"x\" is 0, not above 0"),
            (row("nan"), "not above 0"),
            (row("1") + &row("2"), "line 6: \"x\" is there twice"),
            ("[[bar]]\nname='x'".to_owned(), "missing field `ours`"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_workspace_has_sound_rows() {
        assert!(read(&crate::process::root()).is_ok());
    }
}

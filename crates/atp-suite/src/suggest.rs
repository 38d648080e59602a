//! What was probably meant by a word that is not known.

/// Names the key that was probably meant, or else all that would do.
pub(crate) fn key(key: &str, known: &[&str]) -> String {
    nearest(key, known).unwrap_or_else(|| format!("known keys: {}", known.join(", ")))
}

/// Asks for the name nearest to a word, if one is near.
pub(crate) fn nearest(word: &str, names: &[&str]) -> Option<String> {
    /// Just below what "tmeout" and "timeout_seconds" have in common.
    const NEAR: f64 = 0.81;
    // Longer than any name of the format by so much that none can be near.
    const LONGEST: usize = 40;
    if word.len() > LONGEST {
        return None;
    }
    // Every name is in lower case, and `ID` is as near to `id` as a word can be.
    let word = word.to_lowercase();
    let likeness = names.iter().map(|name| (strsim::jaro_winkler(&word, name), name));
    let (likeness, name) = likeness.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= NEAR).then(|| format!("did you mean {name:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_others_are_not() {
        let names = ["max_steps", "timeout_seconds", "id", "name", "config"];
        for (word, name) in [
            ("max_step", "max_steps"),
            ("maxsteps", "max_steps"),
            ("tmeout", "timeout_seconds"),
            ("naem", "name"),
            ("Config", "config"),
            ("ID", "id"),
            ("MAX-STEPS", "max_steps"),
        ] {
            assert_eq!(nearest(word, &names), Some(format!("did you mean {name:?}?")), "{word}");
        }
        for word in ["", "x", "chaos", "budget", "\u{1F980}", &"max_steps".repeat(10)] {
            assert_eq!(nearest(word, &names), None, "{word}");
        }
    }
}

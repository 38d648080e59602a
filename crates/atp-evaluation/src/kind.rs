//! The types that assertions can have.

use crate::finding::shown;

/// Types that are evaluated here.
const SUPPORTED: [&str; 16] = [
    "artifact_exists",
    "contains",
    "schema",
    "sections",
    "behavior",
    "must_use_tools",
    "max_tool_calls",
    "min_tool_calls",
    "no_errors",
    "forbidden_tools",
    "file_exists",
    "file_not_exists",
    "file_contains",
    "file_count",
    "dir_exists",
    "composite",
];

/// Types that suites use and that are not evaluated here, with the reason.
const UNSUPPORTED: [(&str, &str); 17] = [
    ("llm_eval", NEEDS_MODEL),
    ("factuality", NEEDS_MODEL),
    ("code_exec", NEEDS_TOOLCHAIN),
    ("pytest", NEEDS_TOOLCHAIN),
    ("npm", NEEDS_TOOLCHAIN),
    ("custom_command", NEEDS_TOOLCHAIN),
    ("lint", NEEDS_TOOLCHAIN),
    ("security", NO_RULES),
    ("performance", NO_RULES),
    ("style", NO_RULES),
    ("style_rules", NO_RULES),
    ("tone", NO_RULES),
    ("readability", NO_RULES),
    ("passive_voice", NO_RULES),
    ("sentence_length", NO_RULES),
    ("findings_match", NO_RULES),
    ("agent_eval_case", NEEDS_PLUGIN),
];

const NEEDS_MODEL: &str = "it needs a language model as its judge";
const NEEDS_TOOLCHAIN: &str = "it runs commands of a toolchain";
const NO_RULES: &str = "no exact rules are agreed for it";
const NEEDS_PLUGIN: &str = "it belongs to a plug-in";

/// How alike two names must be for one to be meant by the other.
const SIMILAR: f64 = 0.6;

/// Returns whether a check of this type may open files.
pub(crate) fn reads_files(kind: &str) -> bool {
    matches!(
        kind,
        "artifact_exists"
            | "contains"
            | "schema"
            | "sections"
            | "file_exists"
            | "file_not_exists"
            | "file_contains"
            | "file_count"
            | "dir_exists"
            | "composite"
    )
}

/// Returns why a type that suites use is not evaluated here.
pub(crate) fn unsupported(kind: &str) -> Option<&'static str> {
    if kind.starts_with("game_") {
        return Some(NEEDS_PLUGIN);
    }
    UNSUPPORTED.iter().find(|(known, _)| *known == kind).map(|(_, reason)| *reason)
}

/// Says that nobody knows a type, and which one may be meant.
pub(crate) fn unknown(kind: &str) -> String {
    let known = SUPPORTED.iter().chain(UNSUPPORTED.iter().map(|(known, _)| known));
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(kind, known);
    let nearest = known
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((_, known)) => format!("unknown type {:?}; {known} may be meant", shown(kind)),
        None => format!("unknown type {:?}", shown(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_suggest_the_nearest() {
        assert_eq!(
            unknown("artifact_exits"),
            "unknown type \"artifact_exits\"; artifact_exists may be meant"
        );
        assert_eq!(unknown("Contains"), "unknown type \"Contains\"; contains may be meant");
        assert_eq!(unknown("pay"), "unknown type \"pay\"");
    }

    #[test]
    fn no_type_is_both_supported_and_not() {
        for kind in SUPPORTED {
            assert_eq!(unsupported(kind), None, "{kind}");
        }
    }
}

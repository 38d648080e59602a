//! Sections of a document: headings, in the ways that agents write them.

/// Returns whether a document has a section of this title, in any case.
///
/// A section is a line that begins with number signs and then with the title, or one that is the
/// title alone, or the title and a colon. Emphasis and numbering around the title do not matter.
/// Lines within fences are code.
pub(crate) fn has_section(document: &str, title: &str) -> bool {
    let title = title.trim().to_lowercase();
    let mut fence = None;
    document.lines().any(|line| {
        let line = line.trim();
        let opens = ["```", "~~~"].into_iter().find(|mark| is_fence(line, mark));
        match (fence, opens) {
            (None, Some(_)) => fence = opens,
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => return is_heading(line, &title),
            _ => {}
        }
        false
    })
}

/// A fence of backticks holds none behind them: otherwise it is code within a line.
fn is_fence(line: &str, mark: &str) -> bool {
    let info = line.strip_prefix(mark).map(|rest| rest.trim_start_matches('`'));
    info.is_some_and(|info| mark == "~~~" || !info.contains('`'))
}

fn is_heading(line: &str, title: &str) -> bool {
    let text = line.trim_start_matches('#');
    let is_marked = text.len() < line.len();
    let text = bare(text).to_lowercase();
    let Some(rest) = text.strip_prefix(title).or_else(|| unnumbered(&text).strip_prefix(title))
    else {
        return false;
    };
    is_marked || bare(rest).is_empty() || bare(rest).starts_with(':')
}

/// Text without the marks of emphasis around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|mark: char| mark.is_whitespace() || matches!(mark, '*' | '_' | '#'))
}

/// Text without a number such as `2.`, `2.1` or `(3)` before it.
fn unnumbered(text: &str) -> &str {
    let is_numbering = |sign: char| sign.is_ascii_digit() || matches!(sign, '.' | ')' | '(');
    let rest = text.trim_start_matches(is_numbering);
    let is_number = text[..text.len() - rest.len()].contains(|sign: char| sign.is_ascii_digit());
    if is_number { bare(rest) } else { text }
}

#[cfg(test)]
mod tests {
    use super::has_section;

    #[test]
    fn headings_are_found_in_many_forms() {
        for document in [
            "# Summary",
            "text\n\n###   summary of it all\n",
            "## 2.1 Summary",
            "## **Summary**",
            "Summary\n=======",
            "**Summary:** it went well",
            "Summary: it went well",
            "1. Summary",
            "  SUMMARY  ",
            "#Summary#",
        ] {
            assert!(has_section(document, "Summary"), "{document:?}");
        }
    }

    #[test]
    fn mere_mention_is_no_section() {
        for document in [
            "",
            "This is a summary.",
            "Summary of the data follows",
            "# Executive Summary",
            "```\n# Summary\n```",
            "~~~\n# Summary\n```\n# Summary",
            "summaries:",
        ] {
            assert!(!has_section(document, "Summary"), "{document:?}");
        }
    }

    #[test]
    fn titles_may_be_of_any_script_and_hold_signs() {
        assert!(has_section("# \u{418}\u{422}\u{41e}\u{413}", "\u{438}\u{442}\u{43e}\u{433}"));
        assert!(has_section("## 3. C++ (2.0)", "C++ (2.0)"));
        assert!(has_section("## 2024", "2024"));
        assert!(has_section("```sh\nls\n```\n# Usage", "Usage"));
        assert!(has_section("```ls``` lists\n# Usage", "Usage"));
    }
}

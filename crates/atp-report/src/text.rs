//! Foreign text, made fit to stand in a line of ours.

/// Returns the text on one line of at most `most` characters.
///
/// Names and messages come from suites and agents: a line break would forge a line of the report,
/// an escape sequence would drive the terminal, and a sign that turns the direction of writing
/// would make a line read as something else. White space shrinks to one space, the others to
/// nothing, and what is too long ends in an ellipsis.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most.saturating_mul(4)));
    let (mut length, mut gap) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() {
            gap = length > 0;
            continue;
        }
        if c.is_control() || is_unseen(c) {
            continue;
        }
        if length + usize::from(gap) >= most {
            line.pop();
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
            length += 1;
            gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}

/// Whether the character changes the direction of what follows, or shows nothing at all.
fn is_unseen(c: char) -> bool {
    turns_writing(c)
        || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{feff}')
}

/// Whether the character changes the direction of what follows, so that it reads as something else.
pub(crate) fn turns_writing(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a share in percent, with the digits that tell it apart from the budget of a run.
pub(crate) fn percent(percent: f64) -> String {
    match percent.abs() {
        0.0 => "0 %".to_owned(),
        large if large >= 1000.0 => format!("{percent:.0} %"),
        _ => format!("{percent:.2} %"),
    }
}

/// Returns a time in seconds in the unit that fits it.
pub(crate) fn seconds(seconds: f64) -> String {
    atp_table::nanos(seconds * 1e9)
}

/// Returns `1 test`, `2 tests`, `2 processes`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_forge_a_line_is_gone() {
        let hostile = "  a\nPASSED\r\t\u{1b}[2Jb\u{0}\u{202e}c\u{2028}d  ";
        assert_eq!(one_line(hostile, 80), "a PASSED [2Jbc d");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcde  f", 6), "abcd…");
        assert_eq!(one_line("測試測試", 3), "測試…");
        assert_eq!(one_line("a   ", 1), "a");
        assert_eq!(one_line("", 3), "");
    }

    #[test]
    fn shares_keep_the_digits_that_matter() {
        for (share, shown) in [
            (0.0, "0 %"),
            (0.001, "0.00 %"),
            (-0.001, "-0.00 %"),
            (4.996, "5.00 %"),
            (1234.5, "1234 %"),
        ] {
            assert_eq!(percent(share), shown);
        }
    }
}

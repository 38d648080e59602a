//! The messages of a page, each once and all within a bound.

use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// The most bytes of a message that are kept whole.
pub(super) const LONGEST: usize = 4_000;
const CUT: &str = "… (cut)";
const ALL: usize = 2_000_000;

/// Messages by number. Thousands of tests tend to fail with one message.
#[derive(Debug, Default, Serialize)]
pub(super) struct Texts {
    texts: Vec<String>,
    /// How many were left out because there were too many.
    dropped: u64,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    numbers: HashMap<String, u32>,
}

impl Texts {
    /// Returns the number of a message, which is cut where it is too long; none where it is left
    /// out.
    pub(super) fn number(&mut self, text: &str) -> Option<u32> {
        let text = cut(text);
        if let Some(number) = self.numbers.get(&*text) {
            return Some(*number);
        }
        if self.bytes + text.len() > ALL {
            self.dropped += 1;
            return None;
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        self.bytes += text.len();
        self.texts.push(text.clone().into_owned());
        self.numbers.insert(text.into_owned(), number);
        Some(number)
    }
}

/// The text, or its beginning and that it is no more than that.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text.into();
    }
    format!("{}{CUT}", &text[..text.floor_char_boundary(LONGEST - CUT.len())]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_kept_once() {
        let mut texts = Texts::default();
        assert_eq!(
            [texts.number("a"), texts.number("b"), texts.number("a")],
            [Some(0), Some(1), Some(0)]
        );
    }

    #[test]
    fn what_is_cut_says_so() {
        let mut texts = Texts::default();
        for text in ["x".repeat(LONGEST), "x".repeat(LONGEST + 1)] {
            texts.number(&text);
        }
        assert_eq!(texts.texts[0], "x".repeat(LONGEST));
        assert!(texts.texts[1].ends_with("xx… (cut)") && texts.texts[1].len() == LONGEST);
    }

    #[test]
    fn the_bound_holds_and_what_it_costs_is_counted() {
        let mut texts = Texts::default();
        for number in 0..1_000 {
            texts.number(&format!("{number}{}", "€".repeat(LONGEST)));
        }
        assert!(texts.bytes <= ALL);
        assert_eq!(texts.texts.len() as u64 + texts.dropped, 1_000);
        assert!(texts.texts.iter().all(|text| text.len() <= LONGEST));
    }
}

//! The references `${NAME}` and `${NAME:default}` in text.

/// A variable that a suite refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// True if each reference to it gives a default, so that it may be unset.
    pub has_default: bool,
}

/// One reference, as it stands in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference<'t> {
    /// Where the `$` is.
    pub(crate) start: usize,
    /// What follows the closing brace.
    pub(crate) end: usize,
    pub(crate) name: &'t str,
    pub(crate) default: Option<&'t str>,
}

/// Finds the references of a text, in order, in one pass.
///
/// A name is a capital letter or `_`, then capitals, digits and `_`; a default ends at the
/// first `}`. What does not fit is ordinary text.
pub(crate) fn references(text: &str) -> impl Iterator<Item = Reference<'_>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let start = rest + memchr::memmem::find(&text.as_bytes()[rest..], b"${")?;
            let name_start = start + 2;
            rest = name_start;
            let name_end = name_start + name_length(&text.as_bytes()[name_start..]);
            if name_end == name_start {
                continue;
            }
            let name = &text[name_start..name_end];
            match text.as_bytes().get(name_end) {
                Some(b'}') => {
                    rest = name_end + 1;
                    return Some(Reference { start, end: rest, name, default: None });
                }
                Some(b':') => {
                    let default_start = name_end + 1;
                    let Some(length) = memchr::memchr(b'}', &text.as_bytes()[default_start..])
                    else {
                        // No brace closes from here on, so no later reference can end either.
                        rest = text.len();
                        return None;
                    };
                    let default = Some(&text[default_start..default_start + length]);
                    rest = default_start + length + 1;
                    return Some(Reference { start, end: rest, name, default });
                }
                _ => {}
            }
        }
    })
}

fn name_length(bytes: &[u8]) -> usize {
    let fits = |(at, byte): (usize, &u8)| {
        byte.is_ascii_uppercase() || *byte == b'_' || (at > 0 && byte.is_ascii_digit())
    };
    bytes.iter().enumerate().take_while(|&(at, byte)| fits((at, byte))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Option<&str>)> {
        references(text).map(|reference| (reference.name, reference.default)).collect()
    }

    #[test]
    fn names_are_upper_case_and_defaults_end_at_the_first_brace() {
        assert_eq!(found("a ${A}${_B1:x y} c"), [("A", None), ("_B1", Some("x y"))]);
        assert_eq!(found("${A:}"), [("A", Some(""))]);
        assert_eq!(found("${A:${B:c}}"), [("A", Some("${B:c"))]);
        assert_eq!(found("$${A}"), [("A", None)]);
        assert_eq!(found("${a${B}"), [("B", None)]);
        for plain in ["${lower}", "${1A}", "${}", "${A", "$A", "${A-b}", "${A:b", "${", "$"] {
            assert_eq!(found(plain), [], "{plain}");
        }
    }

    #[test]
    fn positions_cover_the_whole_reference() {
        let text = "ä${A:b}c";
        let reference = references(text).next().unwrap();
        assert_eq!(&text[reference.start..reference.end], "${A:b}");
    }
}

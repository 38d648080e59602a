//! The names of images.

use crate::config::{ConfigError, Settings};

const IMAGE_CHARS: usize = 256;

/// Reads the name, which must not pass for an option of the runtime.
pub(super) fn read(settings: &Settings<'_>) -> Result<String, ConfigError> {
    let name = settings.text("image")?.unwrap_or_default().trim();
    if is_image(name) {
        return Ok(name.into());
    }
    let found = format!("text of {} characters", name.chars().count());
    Err(settings.invalid("image", "a name such as registry/agent:tag", found))
}

fn is_image(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._/:@-".contains(&byte);
    name.len() <= IMAGE_CHARS
        && name.starts_with(|char: char| char.is_ascii_alphanumeric())
        && name.ends_with(|char: char| char.is_ascii_alphanumeric())
        && name.bytes().all(is_allowed)
        && !name.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_images_are() {
        for name in ["agent", "ghcr.io/a/b-c:1.2", "localhost:5000/a@sha256:0af1"] {
            assert!(is_image(name), "{name}");
        }
        for name in ["", "--privileged", "a b", "a//b", "a:", "a\n", &"a".repeat(257), "a;b"] {
            assert!(!is_image(name), "{name}");
        }
    }
}

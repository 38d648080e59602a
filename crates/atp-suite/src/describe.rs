//! How a value is named in a message, always as the file has it and never as a variable
//! made it, because what a variable holds may be a secret.

use crate::node::Node;
use crate::variable;

/// Text longer than this is cut.
const MAX_CHARS: usize = 40;

/// Describes a value for "found …".
pub(crate) fn node(node: &Node, source: &str) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(flag) => flag.to_string(),
        Node::Int(number) => number.to_string(),
        Node::UInt(number) => number.to_string(),
        Node::Float(number) => format!("{number:?}"),
        Node::Text(text) => {
            let text = text.get(source);
            let from = match variable::references(text).next() {
                Some(_) => "what became of ",
                None => "",
            };
            format!("{from}{}", quoted(text))
        }
        Node::List(list) if list.is_empty() => "an empty list".to_owned(),
        Node::List(_) => "a list".to_owned(),
        Node::Map(map) if map.is_empty() => "an empty mapping".to_owned(),
        Node::Map(_) => "a mapping".to_owned(),
        Node::Tagged(tag) if &**tag == "!" => "a value with the tag \"!\"".to_owned(),
        Node::Tagged(tag) => format!("a value with the tag {}", quoted(&format!("!{tag}"))),
    }
}

/// Puts text in quotes, cut to a length that fits a message.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

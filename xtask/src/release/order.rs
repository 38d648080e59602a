//! The order in which crates can be published: each after all it depends on.

use std::collections::{BTreeMap, BTreeSet};

/// Sorts names so that each comes after what it needs, by name where that leaves a choice.
///
/// The error holds the names of a circle, the first one repeated at its end.
pub(super) fn sorted(
    needs: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>, Vec<String>> {
    let mut order = Vec::with_capacity(needs.len());
    let mut done = BTreeSet::new();
    while order.len() < needs.len() {
        let is_ready = |(name, needs): &(&String, &BTreeSet<String>)| {
            !done.contains(*name) && needs.iter().all(|need| done.contains(need))
        };
        let Some((name, _)) = needs.iter().find(is_ready) else {
            return Err(circle(needs, &done));
        };
        done.insert(name.clone());
        order.push(name.clone());
    }
    Ok(order)
}

/// Follows needs that are not done until a name comes up again.
fn circle(needs: &BTreeMap<String, BTreeSet<String>>, done: &BTreeSet<String>) -> Vec<String> {
    let open = |name: &str| {
        needs.get(name).and_then(|needs| needs.iter().find(|need| !done.contains(*need))).cloned()
    };
    let mut path: Vec<String> = Vec::new();
    let mut next = needs.keys().find(|name| !done.contains(*name)).cloned();
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            path.drain(..start);
            path.push(name);
            return path;
        }
        next = open(&name);
        path.push(name);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(needs: &[(&str, &[&str])]) -> Result<Vec<String>, Vec<String>> {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        sorted(&needs.iter().map(|(name, needs)| (name.to_string(), set(needs))).collect())
    }

    #[test]
    fn each_comes_after_what_it_needs() {
        let order = of(&[
            ("top", &["left", "right"]),
            ("left", &["base"]),
            ("right", &["base"]),
            ("base", &[]),
        ]);
        assert_eq!(order.unwrap(), ["base", "left", "right", "top"]);
        assert!(of(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_circle_is_named() {
        let order = of(&[("a", &[]), ("b", &["a", "d"]), ("c", &["b"]), ("d", &["c"])]);
        assert_eq!(order.unwrap_err(), ["b", "d", "c", "b"]);
        assert_eq!(of(&[("a", &["a"])]).unwrap_err(), ["a", "a"]);
    }
}

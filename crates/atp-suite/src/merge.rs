//! What makes a mapping of the entries that were read: no repeated keys, `<<` applied.

use crate::finding::{Finding, Findings, Place};
use crate::node::{Entry, Node};
use crate::path::Path;
use crate::problem::ProblemKind;

/// The key whose value's entries join the mapping it stands in.
const MERGE: &str = "<<";

/// Above this many entries, sorting beats comparing each to each.
const FEW: usize = 16;

/// Reports repeated keys, drops them, and applies the merge key if there is one.
pub(crate) fn finish(
    mut entries: Vec<Entry>,
    source: &str,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Entry> {
    let repeats = repeats(&entries, source);
    for &(first, repeat) in &repeats {
        let key = entries[repeat].key.get(source);
        let place = entries[repeat].key.offset().map_or(Place::Key, Place::Offset);
        let message = format!("key {key:?} is given twice in one mapping");
        let path = Path::Key(path, key);
        let mut finding = Finding::new(ProblemKind::Syntax, &path, place, message);
        finding.related = entries[first].key.offset().map(|offset| (offset, "first given"));
        findings.push(finding);
    }
    remove(&mut entries, &repeats);
    match entries.iter().position(|entry| entry.key.get(source) == MERGE) {
        Some(at) => {
            let merged = entries.remove(at);
            merge(entries, merged, source, path, findings)
        }
        None => entries,
    }
}

/// Adds what `merged` holds and the mapping does not. Of several mappings the first counts.
fn merge(
    mut entries: Vec<Entry>,
    merged: Entry,
    source: &str,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Entry> {
    let sources = match merged.value {
        Node::List(list) => list,
        other => vec![other],
    };
    for node in sources {
        match node {
            Node::Map(more) => entries.extend(more),
            other => {
                let place = merged.key.offset().map_or(Place::Key, Place::Offset);
                let found = crate::describe::node(&other, source);
                let message = format!("expected a mapping or a list of mappings, found {found}");
                let path = Path::Key(path, MERGE);
                findings.push(Finding::new(ProblemKind::Schema, &path, place, message));
            }
        }
    }
    let repeats = repeats(&entries, source);
    remove(&mut entries, &repeats);
    entries
}

/// Pairs each repeated key with its first occurrence, in the order of the repeats.
fn repeats(entries: &[Entry], source: &str) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    if entries.len() <= FEW {
        for (at, entry) in entries.iter().enumerate() {
            let key = entry.key.get(source);
            if let Some(first) = entries[..at].iter().position(|one| one.key.get(source) == key) {
                pairs.push((first, at));
            }
        }
        return pairs;
    }
    let mut order: Vec<(&str, usize)> =
        entries.iter().enumerate().map(|(at, entry)| (entry.key.get(source), at)).collect();
    order.sort_unstable();
    let mut first = 0;
    for at in 1..order.len() {
        if order[at].0 == order[first].0 {
            pairs.push((order[first].1, order[at].1));
        } else {
            first = at;
        }
    }
    pairs.sort_unstable_by_key(|&(_, repeat)| repeat);
    pairs
}

/// Drops the repeats, which come in ascending order.
fn remove(entries: &mut Vec<Entry>, repeats: &[(usize, usize)]) {
    if repeats.is_empty() {
        return;
    }
    let mut gone = repeats.iter().map(|&(_, repeat)| repeat).peekable();
    let mut at = 0;
    entries.retain(|_| {
        let keep = gone.peek() != Some(&at);
        if !keep {
            gone.next();
        }
        at += 1;
        keep
    });
}

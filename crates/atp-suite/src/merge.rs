//! What makes a mapping of the entries that were read: no repeated keys, `<<` applied.

use crate::describe;
use crate::finding::{Finding, Findings, Place};
use crate::node::{Entry, Node, Text};
use crate::path::Path;
use crate::problem::ProblemKind;

/// The key whose value's entries join the mapping it stands in.
const MERGE: &str = "<<";

/// Above this many entries, sorting beats comparing each to each.
const FEW: usize = 16;

/// Makes a mapping of the entries from `begin` on: reports repeated keys, drops them, and
/// applies the merge key if there is one.
pub(crate) fn finish(
    entries: &mut Vec<Entry>,
    begin: usize,
    source: &str,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    let own = &entries[begin..];
    let repeats = repeats(own, source);
    for &(first, repeat) in &repeats {
        let key = own[repeat].key.get(source);
        let place = own[repeat].key.offset().map_or(Place::Key, Place::Offset);
        let message = format!("key {} is given twice in one mapping", describe::quoted(key));
        let path = Path::Key(path, key);
        let mut finding = Finding::new(ProblemKind::Syntax, &path, place, message);
        finding.related = own[first].key.offset().map(|offset| (offset, "first given"));
        findings.push(finding);
    }
    remove(entries, begin, &repeats);
    let merges = |entry: &Entry| entry.key.get(source) == MERGE && is_plain(&entry.key, source);
    if let Some(at) = entries[begin..].iter().position(merges) {
        let merged = entries.remove(begin + at);
        merge(entries, begin, merged, source, path, findings);
    }
}

/// True if a key stands in the file without quotes: in quotes, `<<` is a key like any other.
fn is_plain(key: &Text, source: &str) -> bool {
    key.offset().is_some_and(|at| !source[..at].ends_with(['"', '\'']))
}

/// Adds what `merged` holds and the mapping does not. Of several mappings the first counts.
fn merge(
    entries: &mut Vec<Entry>,
    begin: usize,
    merged: Entry,
    source: &str,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    let sources = match merged.value {
        Node::List(list) => list.into_vec(),
        other => vec![other],
    };
    for node in sources {
        match node {
            Node::Map(more) => entries.extend(more),
            other => {
                let place = merged.key.offset().map_or(Place::Key, Place::Offset);
                let found = describe::node(&other, source);
                let message = format!("expected a mapping or a list of mappings, found {found}");
                let path = Path::Key(path, MERGE);
                findings.push(Finding::new(ProblemKind::Schema, &path, place, message));
            }
        }
    }
    let repeats = repeats(&entries[begin..], source);
    remove(entries, begin, &repeats);
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

/// Drops the repeats, which come in ascending order and count from `begin`.
fn remove(entries: &mut Vec<Entry>, begin: usize, repeats: &[(usize, usize)]) {
    if repeats.is_empty() {
        return;
    }
    // The mappings around this one have their entries before `begin`: they are not touched.
    let own = entries.split_off(begin);
    let mut gone = repeats.iter().map(|&(_, repeat)| repeat).peekable();
    let kept = own.into_iter().enumerate().filter(|(at, _)| gone.next_if_eq(at).is_none());
    entries.extend(kept.map(|(_, entry)| entry));
}

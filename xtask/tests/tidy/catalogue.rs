//! Each behaviour and defect of the catalogue that the project was specified with has a test that
//! cites its id, or a row in docs/decisions/compatibility.md.

use super::{read, root, sources};
use std::collections::HashSet;

/// The behaviours: the tests of the original, by section.
const BEHAVIOURS: [(&str, u32); 6] =
    [("AS", 24), ("BE", 12), ("CA", 20), ("ME", 25), ("PR", 25), ("ST", 23)];

/// The defects of the original, by section.
const DEFECTS: [(&str, u32); 7] =
    [("P", 10), ("C", 16), ("A", 20), ("M", 12), ("L", 7), ("B", 8), ("X", 21)];

/// The ids in comments, and those at the beginning of a test's name: `a14_…` and `ca_07_…`.
fn cited() -> HashSet<String> {
    let mut files: Vec<_> =
        ["crates", "xtask"].iter().flat_map(|folder| sources(&root().join(folder))).collect();
    files.retain(|file| !file.ends_with(file!()));
    files.push(root().join("docs/decisions/compatibility.md"));
    let mut cited = HashSet::new();
    for file in files {
        let text = read(&file);
        let is_page = file.extension().is_some_and(|extension| extension == "md");
        for line in text.lines() {
            if let Some((_, name)) = line.split_once("fn ") {
                let name = name.split(['(', '<']).next().unwrap().to_uppercase();
                cited.extend(ids_of_name(&name));
            }
            if is_page || line.contains("//") || line.contains('"') {
                let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                cited.extend(words.map(str::to_owned));
            }
        }
    }
    cited
}

/// Reads `CA_07_C3_AND_MORE` as CA-07 and C3, `AS03_AS04` as AS-03 and AS-04.
fn ids_of_name(name: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut words = name.split('_').peekable();
    while let Some(word) = words.next() {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = &word[..word.len() - digits.len()];
        let is_behaviour = BEHAVIOURS.iter().any(|(section, _)| *section == letters);
        let number = if digits.is_empty() && is_behaviour {
            words.next_if(|next| is_number(next))
        } else {
            Some(digits)
        };
        match number {
            Some(number) if is_number(number) && is_behaviour => {
                ids.push(format!("{letters}-{number}"))
            }
            Some(number) if is_number(number) => ids.push(format!("{letters}{number}")),
            _ => {}
        }
    }
    ids
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

#[test]
fn every_id_is_cited() {
    let behaviours = BEHAVIOURS.iter().flat_map(|(section, count)| {
        (1..=*count).map(move |number| format!("{section}-{number:02}"))
    });
    let defects = DEFECTS
        .iter()
        .flat_map(|(section, count)| (1..=*count).map(move |number| format!("{section}{number}")));
    let cited = cited();
    let missing: Vec<_> = behaviours.chain(defects).filter(|id| !cited.contains(id)).collect();
    assert_eq!(missing, [] as [&str; 0], "neither in a test nor in the compatibility page");
}

#[test]
fn ids_are_read_from_names() {
    assert_eq!(ids_of_name("CA_07_C3_AND_MORE_OF_2"), ["CA-07", "C3", "2"]);
    assert_eq!(ids_of_name("AS03_AS04_BATCHES"), ["AS-03", "AS-04"]);
    assert_eq!(ids_of_name("AS_IT_WAS"), [] as [&str; 0]);
}

//! Selecting tests by tag.

use std::sync::Arc;

use atp_suite::{Environment, TagFilter, TestSuite, load_str};

fn suite() -> Arc<TestSuite> {
    let text = "test_suite: s
tests:
- {id: a, name: n, task: {description: d}, tags: [x, y]}
- {id: b, name: n, task: {description: d}, tags: [y, \" z\"]}
- {id: c, name: n, task: {description: d}}
- {id: d, name: n, task: {description: d}, tags: [\"\", X]}
";
    Arc::new(load_str(text, &Environment::new()).unwrap())
}

fn kept(terms: &str) -> String {
    TagFilter::new(terms).apply(&suite()).tests.iter().map(|test| test.id.as_str()).collect()
}

#[test]
fn terms_include_and_exclude() {
    assert_eq!(kept("x"), "a");
    assert_eq!(kept("x, X ,,"), "ad");
    assert_eq!(kept("y,!x"), "b");
    assert_eq!(kept("!y"), "cd");
    assert_eq!(kept("!"), "abc");
    assert_eq!(kept("!z"), "abcd");
    assert_eq!(kept("! z"), "acd");
    assert_eq!(kept("nothing"), "");
}

#[test]
fn an_empty_filter_gives_the_same_suite() {
    let suite = suite();
    for terms in ["", " , ,"] {
        assert!(TagFilter::new(terms).is_empty());
        assert!(Arc::ptr_eq(&suite, &TagFilter::new(terms).apply(&suite)));
    }
}

#[test]
fn kept_tests_are_shared() {
    let suite = suite();
    let filtered = TagFilter::new("y").apply(&suite);
    assert!(Arc::ptr_eq(&suite.tests[0], &filtered.tests[0]));
    assert_eq!(filtered.name, suite.name);
}

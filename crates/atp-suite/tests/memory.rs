//! The stated bound on memory, kept by an allocator that gives no more.
//!
//! It has a process of its own because the allocator is that of the whole process: going over
//! the bound ends it.

use std::alloc::System;

use atp_suite::{Environment, load_str};
use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Loads a text with so much memory and no more.
fn load_within(text: String, bytes: usize) -> bool {
    let env = Environment::new().with("A", "value");
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + bytes).expect("less is in use");
    let loaded = load_str(text, &env).is_ok();
    ALLOCATOR.set_limit(usize::MAX).expect("there is no limit");
    loaded
}

/// One test for both, since two would run at the same time and count each other's memory.
#[test]
fn memory_stays_within_the_stated_bounds() {
    hostile_files();
    an_ordinary_suite();
}

fn hostile_files() {
    const LENGTH: usize = 100_000;
    let data = "test_suite: s\ntests: [{id: t, name: n, task: {description: d, input_data: {a: ";
    let fill = |piece: &str| format!("{data}[{}]}}}}}}]", piece.repeat(LENGTH / piece.len()));
    let bomb: String = (1..9)
        .map(|level| format!("x{level}: &x{level} [{}]\n", format!("*x{},", level - 1).repeat(10)))
        .collect();
    let hostile = [
        fill("a,"),
        fill("[],"),
        fill("{},"),
        fill("{a},"),
        fill("'${A}',"),
        fill("'${B}',"),
        "? ".repeat(LENGTH / 2),
        "- ".repeat(LENGTH / 2),
        ("- ".repeat(115) + "\n").repeat(LENGTH / 231),
        "[".repeat(LENGTH),
        "{a: ".repeat(LENGTH / 4),
        "a:\n".repeat(LENGTH / 3),
        (0..LENGTH / 8).map(|key| format!("k{key}:\n")).collect(),
        format!("test_suite: s\ntests:\n{}", "-\n".repeat(LENGTH / 2)),
        format!("x0: &x0 [a]\n{bomb}"),
        format!("x0: &x0 [a]\n{bomb}#{}", "x".repeat(LENGTH)),
        format!("x: &x \"{}\\n\"\ny: [{}]\n", "x".repeat(LENGTH / 2), "*x,".repeat(LENGTH / 6)),
        format!("x: &x {{{}: 1}}\ny: [{}]\n", "k".repeat(1_000), "*x,".repeat(LENGTH / 3)),
        format!(
            "x: &x {{? \"{}\" : !t 1}}\ny: [{}]\n",
            "k".repeat(LENGTH),
            "*x,".repeat(LENGTH / 3)
        ),
        "\0".repeat(LENGTH),
    ];
    for text in hostile {
        let bound = 400 * text.len() + (4 << 20);
        load_within(text, bound);
    }
}

fn an_ordinary_suite() {
    let tests: String = (0..1_000)
        .map(|test| {
            format!(
                "  - id: test-{test}\n    name: Test number {test}\n    tags: [smoke, files]\n    \
                 task:\n      description: Create a file and write a short summary into it\n      \
                 expected_artifacts: [out.txt]\n    constraints:\n      max_steps: 10\n"
            )
        })
        .collect();
    let text = format!("test_suite: s\ntests:\n{tests}");
    let bound = 10 * text.len() + (1 << 20);
    assert!(load_within(text, bound));
}

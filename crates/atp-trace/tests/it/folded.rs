//! inferno draws what was written.

use atp_trace::FoldedStacks;
use inferno::flamegraph;

fn folded(stacks: &[(&[&str], u64)]) -> String {
    let mut out = FoldedStacks::new(Vec::new());
    for (frames, value) in stacks {
        out.line(*frames, *value).unwrap();
    }
    String::from_utf8(out.finish().unwrap()).unwrap()
}

fn draw(text: &str) -> String {
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut flamegraph::Options::default(), text.lines(), &mut svg).unwrap();
    String::from_utf8(svg).unwrap()
}

/// The titles of the drawn boxes, such as `load (1,500 samples, 75.00%)`.
fn titles(svg: &str) -> Vec<&str> {
    svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next()).collect()
}

#[test]
fn inferno_sees_the_same_frames_and_values() {
    let text =
        folded(&[(&["suite"], 500), (&["suite", "load"], 1_500), (&["suite", "run"], 2_000)]);
    let svg = draw(&text);
    let titles = titles(&svg);
    assert!(titles.contains(&"suite (4,000 samples, 100.00%)"), "{titles:?}");
    assert!(titles.contains(&"load (1,500 samples, 37.50%)"), "{titles:?}");
    assert!(titles.contains(&"run (2,000 samples, 50.00%)"), "{titles:?}");
}

#[test]
fn hostile_names_neither_split_a_stack_nor_change_its_value() {
    let text = folded(&[
        (&["a;b", "line\nbreak\r\n"], 3),
        (&["", "\u{0}"], 4),
        (&["attempt 12"], 5),
        (&["version 1.5 ", " 7"], 6),
        (&["# comment"], 7),
        (&["to inf"], 8),
    ]);
    assert_eq!(
        text,
        "a:b;line break 3\n\
         (unnamed);(unnamed) 4\n\
         attempt_12 5\n\
         version 1.5 ;_7 6\n\
         _# comment 7\n\
         to inf 8\n"
    );
    let svg = draw(&text);
    assert!(titles(&svg).contains(&"all (33 samples, 100%)"), "{:?}", titles(&svg));
}

#[test]
fn a_stack_without_frames_is_left_out() {
    assert_eq!(folded(&[(&[], 1), (&["a"], u64::MAX)]), format!("a {}\n", u64::MAX));
}

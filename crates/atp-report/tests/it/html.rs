//! The page, as text and in a browser.

use crate::browser::Browser;
use crate::fixture::{HOSTILE, hostile, one_of_each, planned, run, verdict};
use atp_journal::{Recording, RunStatus, Session, TestStatus};
use atp_report::{Report, html};
use std::path::PathBuf;

fn page(recording: &Recording) -> String {
    let mut text = Vec::new();
    html::write(recording, &Report::new(recording), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A page in a browser; none where there is no browser.
struct Opened {
    browser: Browser,
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Opened {
    fn new(recording: &Recording) -> Option<Self> {
        let mut browser = Browser::start()?;
        browser.look(1200, 1000, false);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page.html");
        std::fs::write(&file, page(recording)).unwrap();
        browser.open(&file);
        Some(Self { browser, _folder: folder, file })
    }

    fn text(&mut self, selector: &str) -> String {
        let text = self.browser.run(&format!("document.querySelector({selector:?}).innerText"));
        text.as_str().unwrap().to_owned()
    }

    /// The ids of the tests in the table.
    fn listed(&mut self) -> Vec<String> {
        let ids =
            "[...document.querySelectorAll('[data-test]')].map((button) => button.textContent)";
        serde_json::from_value(self.browser.run(ids)).unwrap()
    }

    /// Clicks the bar in the middle of slot `lane`, at a share of its time.
    fn click_bar(&mut self, lane: u32, share: f64) {
        self.browser.run("document.querySelector('#lanes').scrollIntoView({ block: 'center', behavior: 'instant' })");
        self.browser.click(&format!(
            "(() => {{ const box = document.querySelector('#lanes').getBoundingClientRect();
              return [box.x + 70 + (box.width - 76) * {share}, box.y + 22 * {lane} + 11]; }})()"
        ));
    }

    fn finish(self) {
        assert_eq!(self.browser.complaints, [] as [String; 0], "{}", self.file.display());
    }
}

#[test]
fn it_opens_and_a_slot_can_be_clicked_and_failures_filtered() {
    let Some(mut page) = Opened::new(&one_of_each()) else { return };
    assert!(page.text("h1").starts_with("FAILED: 3 of 6 tests"));
    let failures = page.text("#failures");
    assert!(
        failures.contains("expected \"total: 12\" in out.txt, found \"total: 21\""),
        "{failures}"
    );
    assert!(
        failures.contains("atp run 'suites/check out.yaml' --agent claude --test fail"),
        "{failures}"
    );

    page.click_bar(0, 0.5);
    let panel = page.text("#run-panel");
    assert!(panel.contains("late") && panel.contains("no answer within 1 s"), "{panel}");

    page.browser.click_on("[data-slot='1']");
    assert_eq!(page.listed(), ["fail", "crash"]);
    assert!(page.text("#run-panel").contains("Slot 1: 2 runs, 2 not passed"));
    page.browser.click_on("[data-slot='1']");
    assert_eq!(page.listed().len(), 6);

    page.browser.click_on("[data-kind='failures']");
    assert_eq!(page.listed(), ["fail", "late", "crash"]);
    page.browser.click_on("[data-kind='flaky']");
    assert_eq!(page.listed(), ["flaky"]);
    page.browser.click_on("[data-test='5']");
    assert!(page.text("tr.detail").contains("attempt 1: error"), "{}", page.text("tr.detail"));
    page.finish();
}

/// A page shows no word that only a script knows, whatever is missing in its data.
#[test]
fn what_is_missing_is_not_shown_as_null() {
    let mut quiet = one_of_each();
    quiet.runs.retain(|run| run.status == RunStatus::Passed);
    quiet.tests.retain(|test| test.status == TestStatus::Passed);
    quiet.sessions[0].platform_cpu_seconds = None;
    let Some(mut opened) = Opened::new(&quiet) else { return };
    for recording in [planned(&[]), planned(&["a"]), one_of_each(), quiet] {
        std::fs::write(&opened.file, page(&recording)).unwrap();
        let file = opened.file.clone();
        opened.browser.open(&file);
        let text = opened.text("body");
        for word in ["null", "undefined", "NaN", "[object"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    opened.finish();
}

/// One name without a place to break leaves room for the figures of all tests.
#[test]
fn a_long_name_pushes_no_figure_out_of_sight() {
    let long = "x".repeat(3_000);
    let mut recording = planned(&[&long, "a"]);
    for id in [long.as_str(), "a"] {
        recording.runs.push(run(id, RunStatus::Passed, 0, 0.0));
        recording.tests.push(verdict(id, TestStatus::Passed));
    }
    let Some(mut page) = Opened::new(&recording) else { return };
    let hidden = "(() => { const frame = document.querySelector('#test-table').parentElement;
        return frame.scrollWidth - frame.clientWidth; })()";
    assert_eq!(page.browser.run(hidden), 0);
    page.finish();
}

/// Each section can be reached from the top.
#[test]
fn the_links_at_the_top_lead_to_what_is_there() {
    let Some(mut page) = Opened::new(&one_of_each()) else { return };
    let links = "[...document.querySelectorAll('nav a')].map((link) =>
        [link.textContent, document.querySelector(link.getAttribute('href')).checkVisibility()])";
    let expected = [
        "3 failures",
        "Slots over time",
        "Where the time went",
        "Latency",
        "Over time",
        "All tests",
    ];
    assert_eq!(page.browser.run(links), serde_json::json!(expected.map(|title| (title, true))));
    page.finish();
}

#[test]
fn it_can_be_used_with_the_keyboard_alone() {
    let Some(mut page) = Opened::new(&one_of_each()) else { return };
    page.browser.run("document.querySelector('#lanes').focus()");
    for (key, shown) in [
        ("ArrowRight", "pass"),
        ("ArrowRight", "late"),
        ("ArrowDown", "crash"),
        ("ArrowLeft", "fail"),
    ] {
        page.browser.press(key);
        let panel = page.text("#run-panel");
        assert!(panel.contains(shown), "{key} leads to {panel}");
    }
    page.browser.press(" ");
    assert_eq!(page.listed(), ["fail", "crash"], "only those of its slot");
    page.browser.press(" ");
    for key in ["ArrowRight", "Enter"] {
        page.browser.press(key);
    }
    assert_eq!(page.browser.run("document.activeElement.dataset.test"), "0");
    assert_eq!(page.listed().len(), 6);
    assert!(page.text("tr.detail").contains("slot 0"), "the test is open");
    let unnamed = "[...document.querySelectorAll('button, input')].filter((element) =>
        !(element.textContent || element.getAttribute('aria-label'))).length";
    assert_eq!(page.browser.run(unnamed), 0, "everything that can be used has a name");
    page.finish();
}

#[test]
fn it_fits_a_phone_and_a_dark_room() {
    let Some(mut page) = Opened::new(&hostile()) else { return };
    for (width, dark) in [(390, false), (390, true), (1200, true)] {
        page.browser.look(width, 900, dark);
        let file = page.file.clone();
        page.browser.open(&file);
        let wide = page.browser.run("document.documentElement.scrollWidth");
        let wide = wide.as_u64().unwrap();
        assert!(wide <= width.into(), "{wide} in a window of {width}");
        let paper = page.browser.run("getComputedStyle(document.body).backgroundColor");
        assert_eq!(paper == "rgb(247, 247, 244)", !dark, "{paper}");
    }
    page.finish();
}

/// At least 4.5 to 1 between what is written and what it is written on (WCAG 2.2, 1.4.3).
#[test]
fn words_on_the_flame_graph_can_be_read_in_any_light() {
    let Some(mut page) = Opened::new(&one_of_each()) else { return };
    let contrast = "Math.min(...[...document.querySelectorAll('.flame button')].map((box) => {
        const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
          .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
          .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
        const probe = document.body.appendChild(document.createElement('i'));
        probe.className = box.className;
        probe.style.color = `var(--${['agent', 'wait', 'platform'].find((name) => box.classList.contains(name)) ?? 'wash'})`;
        const ground = light(getComputedStyle(probe).color);
        probe.style.color = 'var(--ink)';
        const ink = light(getComputedStyle(probe).color);
        probe.remove();
        return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    }))";
    for dark in [false, true] {
        page.browser.look(1200, 1000, dark);
        let file = page.file.clone();
        page.browser.open(&file);
        page.browser.click_on(".flame button");
        let least = page.browser.run(contrast).as_f64().unwrap();
        assert!(least >= 4.5, "{least} (dark: {dark})");
    }
    page.finish();
}

#[test]
fn hostile_names_stay_text() {
    let text = page(&hostile());
    assert_eq!(text.matches("</script").count(), 2, "the data and the script end once each");
    assert!(!text.contains("<script>window"), "no markup of theirs");
    let Some(mut page) = Opened::new(&hostile()) else { return };
    assert_eq!(page.browser.run("typeof window.hacked"), "undefined");
    assert_eq!(page.browser.run("document.scripts.length"), 2);
    assert!(page.text("#failures").contains("</script><script>window.hacked=1</script>"));
    page.browser.click_on("[data-test='0']");
    page.click_bar(0, 0.1);
    assert_eq!(page.browser.run("typeof window.hacked"), "undefined");
    assert!(HOSTILE.contains("hacked"));
    page.finish();
}

#[test]
fn recordings_that_hold_little_open_too() {
    let mut skipped = planned(&["a"]);
    skipped.tests = vec![verdict("a", TestStatus::Skipped)];
    let mut odd = one_of_each();
    (odd.runs[0].started_seconds, odd.runs[0].finished_seconds) = (f64::NAN, f64::INFINITY);
    odd.runs[1].ledger.agent = f64::NAN;
    odd.runs[2].ledger.other = -5.0;
    odd.runs[3].test = "never planned".to_owned();
    odd.runs[4].session = 7;
    let Some(mut opened) = Opened::new(&planned(&[])) else { return };
    for recording in [planned(&["a"]), skipped, odd] {
        std::fs::write(&opened.file, page(&recording)).unwrap();
        let file = opened.file.clone();
        opened.browser.open(&file);
    }
    opened.finish();
}

#[test]
fn ten_thousand_tests_stay_within_five_megabytes_and_answer() {
    let ids: Vec<_> = (0..10_000).map(|number| format!("checkout-of-a-cart-{number:05}")).collect();
    let mut recording = planned(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    for (number, id) in ids.iter().enumerate() {
        let failed = number % 10 == 3;
        let status = if failed { RunStatus::Failed } else { RunStatus::Passed };
        let mut run = run(id, status, (number % 20) as u32, (number / 20) as f64);
        run.events = 10;
        run.error = failed.then(|| format!("expected {number} items in the receipt, found none"));
        recording.runs.push(run);
        let status = if failed { TestStatus::Failed } else { TestStatus::Passed };
        recording.tests.push(verdict(id, status));
    }
    let mut session = Session::new(0, recording.header.started_at);
    session.wall_seconds = 500.0;
    recording.sessions.push(session);
    let size = page(&recording).len();
    assert!(size <= 5_000_000, "{size} bytes");

    let Some(mut page) = Opened::new(&recording) else { return };
    page.browser.click_on("[data-kind='failures']");
    assert!(page.text("#tests [role=status]").starts_with("1 to 50 of 1,000 tests"));
    for next in ["51 to 100", "101 to 150"] {
        page.browser.run("document.querySelector('[data-turn=Next]').click()");
        assert!(page.text("#tests [role=status]").starts_with(next));
        assert_eq!(page.browser.run("document.activeElement.dataset.turn"), "Next");
    }
    page.click_bar(3, 0.5);
    assert!(page.text("#run-panel").contains("checkout-of-a-cart-"));
    let elements = page.browser.run("document.querySelectorAll('*').length").as_u64().unwrap();
    assert!(elements < 3_000, "only what is seen is in the page, not {elements} elements");
    page.finish();
}

/// The parts of a merged run, which several machines worked on at the same time.
#[test]
fn machines_that_worked_at_the_same_time_have_slots_of_their_own() {
    let mut recording = planned(&["a", "b"]);
    for (number, id) in [(0, "a"), (1, "b")] {
        let mut run = run(id, RunStatus::Passed, 0, 0.0);
        run.session = number;
        recording.runs.push(run);
        recording.tests.push(verdict(id, TestStatus::Passed));
        let mut session = Session::new(number, recording.header.started_at);
        session.wall_seconds = 1.0;
        recording.sessions.push(session);
    }
    let report = Report::new(&recording);
    assert!((report.summary.duration_seconds - 1.0).abs() < 1e-9, "{:?}", report.summary);
    let Some(mut page) = Opened::new(&recording) else { return };
    assert!(page.text("#run-panel").contains("2 runs on 2 slots in 1.00 s, over 2 sessions"));
    page.browser.click_on("[data-slot='1']");
    assert_eq!(page.listed(), ["b"]);
    page.finish();
}

#[test]
fn what_a_page_complains_of_or_tries_to_load_is_heard() {
    let Some(mut page) = Opened::new(&planned(&["a"])) else { return };
    for bad in [
        "console.error('wrong')",
        "new Promise((done) => { setTimeout(() => { setTimeout(done, 50); throw new Error('late'); }, 0); })",
        "fetch('http://127.0.0.1:9/').catch(() => 0)",
    ] {
        page.browser.complaints.clear();
        page.browser.run(bad);
        page.browser.run("new Promise((done) => setTimeout(done, 50))");
        assert_ne!(page.browser.complaints, [] as [String; 0], "{bad}");
    }
}

#[test]
fn a_thousand_slots_are_drawn_where_they_are_seen() {
    let ids: Vec<_> = (0..1_000).map(|number| format!("t-{number}")).collect();
    let mut recording = planned(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    for (slot, id) in ids.iter().enumerate() {
        recording.runs.push(run(id, RunStatus::Passed, slot as u32, 0.0));
        recording.tests.push(verdict(id, TestStatus::Passed));
    }
    let Some(mut page) = Opened::new(&recording) else { return };
    let height = page.browser.run("document.querySelector('#lanes').height").as_u64().unwrap();
    assert!(height < 1_000, "{height} pixels");
    page.browser.run("document.querySelector('.lanes').scrollTop = 9000");
    page.browser.click_on("[data-slot='920']");
    assert_eq!(page.listed(), ["t-920"]);
    let stops =
        "[...document.querySelectorAll('button')].filter((button) => button.tabIndex >= 0).length";
    let stops = page.browser.run(stops).as_u64().unwrap();
    assert!(stops < 100, "{stops} stops of the Tab key");
    page.finish();
}

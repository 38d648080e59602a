// All tests: chosen by status, slot and words, sorted, a page at a time.
const PAGE = 50;
const list = { kind: "all", words: "", slot: null, sort: "order", down: false, page: 0, open: null, draw: () => {} };

const agentTime = tests.id.map((_, test) => (runsOf[test].some((run) => runs.asked[run]) ? sumOf(runsOf[test], runs.phases.agent) : null));
const overheadTime = tests.id.map((_, test) => (runsOf[test].length ? runsOf[test].reduce((sum, run) => sum + platformOf(run), 0) : null));
const queueTime = tests.id.map((_, test) => (runsOf[test].length ? sumOf(runsOf[test], runs.phases.queue) : null));
const eventCount = tests.id.map((_, test) => (runsOf[test].length ? sumOf(runsOf[test], runs.events) : null));

const COLUMNS = [
  ["status", "status", false, (test) => Object.keys(STATUS).indexOf(tests.status[test])],
  ["test", "order", false, (test) => test],
  ["score", "score", true, (test) => tests.score[test]],
  ["runs", "runs", true, (test) => runsOf[test].length],
  ["agent", "agent", true, (test) => agentTime[test]],
  ["queue", "queue", true, (test) => queueTime[test]],
  ["overhead", "overhead", true, (test) => overheadTime[test]],
  ["events", "events", true, (test) => eventCount[test]],
];

function drawTests() {
  const section = document.getElementById("tests");
  heading(section, "All tests");
  const chips = el("div", { class: "bar", role: "group", "aria-label": "Show tests by status" });
  const search = el("input", { type: "search", class: "grow", placeholder: "Search ids, names and tags", "aria-label": "Search tests",
    oninput: () => choose({ words: search.value.trim().toLowerCase() }) });
  const told = el("p", { class: "hint", role: "status" });
  const body = el("tbody", {});
  const heads = COLUMNS.map(([title, key, number]) => el("th", { scope: "col", class: number ? "number" : null, "data-key": key },
    el("button", { type: "button", onclick: () => choose({ sort: key, down: list.sort === key ? !list.down : number }) }, title)));
  const pager = el("div", { class: "bar" });
  section.append(chips, el("div", { class: "bar" }, search), told,
    el("div", { class: "scroll" }, el("table", { id: "test-table" }, el("caption", { class: "visually-hidden" }, "All tests"), el("thead", {}, el("tr", {}, heads)), body)), pager);
  list.draw = () => {
    const found = matching();
    list.page = Math.max(0, Math.min(list.page, Math.ceil(found.length / PAGE) - 1));
    const page = found.slice(list.page * PAGE, (list.page + 1) * PAGE);
    drawChips(chips);
    for (const head of heads) {
      head.setAttribute("aria-sort", head.dataset.key !== list.sort ? "none" : list.down ? "descending" : "ascending");
    }
    told.textContent = found.length === 0 ? "No test matches."
      : `${count(list.page * PAGE + 1)} to ${count(list.page * PAGE + page.length)} of ${count(found.length, "test")}${list.slot === null ? "" : ` on slot ${list.slot}`}`;
    body.replaceChildren(...page.flatMap(testRow));
    drawPager(pager, found.length);
  };
  list.draw();
}

function choose(changes) {
  Object.assign(list, { page: 0, open: null }, changes);
  list.draw();
}

function matching() {
  const wanted = (test) =>
    (list.kind === "all" || (list.kind === "failures" ? FAILURE.has(tests.status[test]) : tests.status[test] === list.kind))
    && (list.slot === null || runsOf[test].some((run) => runs.slot[run] === list.slot))
    && (list.words === "" || [tests.id[test], nameOf(test), ...tests.tags[test]].some((text) => text.toLowerCase().includes(list.words)));
  const found = [];
  for (let test = 0; test < tests.id.length; test += 1) if (wanted(test)) found.push(test);
  const value = COLUMNS.find(([, key]) => key === list.sort)[3];
  const turn = list.down ? -1 : 1;
  // What is not known comes last either way.
  return found.sort((a, b) => {
    const [one, two] = [value(a), value(b)];
    if (one === null || two === null) return (one === null) - (two === null) || a - b;
    return turn * (one - two) || a - b;
  });
}

function drawChips(bar) {
  const kinds = ["all", "failures", ...Object.keys(STATUS)].map((kind) => [kind,
    kind === "all" ? tests.id.length : kind === "failures" ? tests.status.filter((name) => FAILURE.has(name)).length : data.summary[kind]]);
  const chips = kinds.filter(([kind, number]) => number > 0 || kind === "all").map(([kind, number]) =>
    el("button", { type: "button", "data-kind": kind, "aria-pressed": String(list.kind === kind), onclick: () => { choose({ kind }); keepFocus(bar, `[data-kind="${kind}"]`); } },
      STATUS[kind] ? `${STATUS[kind]} ` : "", `${kind} ${count(number)}`));
  if (list.slot !== null) chips.push(el("button", { type: "button", "aria-pressed": "true", onclick: () => { chooseSlot(null); keepFocus(bar, "[data-kind]"); } }, `slot ${list.slot} ×`));
  bar.replaceChildren(...chips);
}

function testRow(test) {
  const open = list.open === test;
  const toggle = el("button", { class: "plain", type: "button", "aria-expanded": String(open), "data-test": test,
    onclick: () => { list.open = open ? null : test; list.draw(); document.querySelector(`[data-test="${test}"]`)?.focus({ preventScroll: true }); } }, tests.id[test]);
  const time = (value) => (value === null ? "–" : micros(value));
  const cells = [
    status(tests.status[test]), el("span", {}, toggle, tests.name[test] ? el("div", { class: "hint" }, tests.name[test]) : null),
    tests.score[test] === null ? "–" : tests.score[test].toFixed(1), String(runsOf[test].length),
    time(agentTime[test]), time(queueTime[test]), time(overheadTime[test]), eventCount[test] === null ? "–" : count(eventCount[test]),
  ];
  const row = el("tr", { class: open ? "open" : null }, cells.map((cell, index) => el("td", { class: COLUMNS[index][2] ? "number" : null }, cell)));
  return open ? [row, el("tr", { class: "detail" }, el("td", { colspan: COLUMNS.length }, testDetails(test)))] : [row];
}

function testDetails(test) {
  const failed = tests.status[test] !== "passed";
  const command = message(tests.command[test]);
  return el("div", { class: "panel failure" },
    tests.tags[test].length ? el("p", { class: "hint" }, `tags: ${tests.tags[test].join(", ")}`) : null,
    failed ? reasons(test) : null,
    runsOf[test].flatMap((run) => runDetails(run, false)),
    command ? el("code", { class: "command" }, command) : null);
}

function drawPager(bar, found) {
  const pages = Math.max(1, Math.ceil(found / PAGE));
  const to = (label, page) => el("button", { type: "button", disabled: page < 0 || page >= pages || page === list.page,
    "data-turn": label, onclick: () => { list.page = page; list.open = null; list.draw(); keepFocus(bar, `[data-turn="${label}"]`); } }, label);
  bar.replaceChildren(...(pages === 1 ? [] : [to("First", 0), to("Previous", list.page - 1),
    el("span", { class: "hint" }, `page ${list.page + 1} of ${pages}`), to("Next", list.page + 1), to("Last", pages - 1)]));
}

// Puts the focus where it was, or near it, after what had it was drawn anew. What is seen stays.
function keepFocus(bar, selector) {
  (bar.querySelector(`${selector}:not(:disabled)`) ?? bar.querySelector("button:not(:disabled)"))?.focus({ preventScroll: true });
}

function filterBySlot(slot) {
  choose({ slot });
}

// Opens a test in the table, whatever the table showed before.
function showTest(test) {
  Object.assign(list, { kind: "all", words: "", slot: null, sort: "order", down: false, open: test, page: Math.floor(test / PAGE) });
  document.querySelector("#tests input[type=search]").value = "";
  list.draw();
  const button = document.querySelector(`[data-test="${test}"]`);
  button.focus({ preventScroll: true });
  button.scrollIntoView({ block: "center" });
}

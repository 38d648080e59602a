// Failures first: what was expected, what was found, and how to see it again.
const FAILURES_AT_ONCE = 20;

function drawFailures() {
  const section = document.getElementById("failures");
  const failed = tests.status.flatMap((name, test) => (FAILURE.has(name) ? [test] : []));
  if (failed.length === 0) return;
  section.hidden = false;
  heading(section, count(failed.length, "failure"), "What was expected, what was found, and the command that runs it again.");
  const list = el("div", {});
  const more = el("button", { type: "button", onclick: () => show() });
  let shown = 0;
  const show = () => {
    const next = failed.slice(shown, shown + FAILURES_AT_ONCE);
    list.append(...next.map(failure));
    shown += next.length;
    more.hidden = shown >= failed.length;
    more.textContent = `Show ${Math.min(FAILURES_AT_ONCE, failed.length - shown)} more of ${count(failed.length)}`;
  };
  show();
  section.append(list, more);
}

function failure(test) {
  const command = message(tests.command[test]);
  return el("article", { class: "failure" },
    el("h3", {}, status(tests.status[test]),
      el("button", { class: "plain", type: "button", onclick: () => showTest(test) }, tests.id[test]),
      tests.name[test] ? el("span", { class: "hint" }, tests.name[test]) : null),
    reasons(test),
    command ? el("code", { class: "command" }, command) : null);
}

// What is known of the runs of a test that did not pass: each failed check, and what else went
// wrong. An error that only repeats what the checks say is left out.
function reasons(test) {
  const rows = [];
  const said = [];
  for (const run of runsOf[test]) {
    const where = runsOf[test].length > 1 ? `run ${runs.run[run]}: ` : "";
    const found = (findingsOf.get(run) ?? []).map(({ evaluator, check, critical, message: text }) =>
      [`${where}${evaluator}, ${check}${critical ? ", critical" : ""}`, message(text) ?? "does not hold"]);
    const error = message(runs.error[run]);
    if (error && !found.some(([, text]) => error.includes(text))) rows.push([`${where}${runs.status[run]}`, error]);
    rows.push(...found);
    if (error) said.push(error);
    said.push(...found.map(([, text]) => text));
  }
  const own = message(tests.error[test]);
  if (own && !said.some((text) => own.includes(text))) rows.unshift(["reason", own]);
  if (rows.length === 0) rows.push(["reason", "none was recorded"]);
  return el("dl", {}, rows.map(([term, text]) => [el("dt", {}, term), el("dd", {}, text)]).flat());
}

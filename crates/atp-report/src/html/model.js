// The data of the page, and what follows from it.
const data = JSON.parse(document.getElementById("data").textContent);
const tests = data.tests;
const runs = data.runs;

const STATUS = {
  passed: "✓", flaky: "~", failed: "✗", timeout: "◔", error: "!", skipped: "–",
};
const FAILURE = new Set(["failed", "timeout", "error"]);

const PHASES = [
  ["queue", "waiting for a slot", "wait"],
  ["limiter", "waiting for the rate limit", "wait"],
  ["retry_wait", "waiting before a retry", "wait"],
  ["agent", "agent at work", "agent"],
  ["spawn", "starting the agent", "platform"],
  ["events", "reading events", "platform"],
  ["evaluation", "checking assertions", "platform"],
  ["journal", "writing the journal", "platform"],
  ["cleanup", "ending what is left", "platform"],
  ["workspace", "workspaces", "platform"],
  ["other", "not explained", "platform"],
];

// Sessions stand on a common axis, without the time between them.
const offsets = new Map();
let wholeTime = 0;
for (const session of data.sessions) {
  offsets.set(session.number, session.start * 1e6);
  wholeTime = Math.max(wholeTime, (session.start + session.seconds) * 1e6);
}

const runCount = runs.test.length;
const startOf = (run) => offsets.get(runs.session[run]) + runs.start[run];
const endOf = (run) => offsets.get(runs.session[run]) + runs.end[run];
const message = (number) => (number === null ? null : data.messages.texts[number]);
const nameOf = (test) => tests.name[test] ?? tests.id[test];

// The runs of each test, all of them: a resumed run may tell of one twice.
const runsOf = tests.id.map(() => []);
for (let run = 0; run < runCount; run += 1) {
  runsOf[runs.test[run]].push(run);
  wholeTime = Math.max(wholeTime, endOf(run));
}

// The entries of a list by the run they are about.
function byRun(list) {
  const of = new Map();
  for (const entry of list) {
    if (!of.has(entry.run)) of.set(entry.run, []);
    of.get(entry.run).push(entry);
  }
  return of;
}
const findingsOf = byRun(data.findings);
const attemptsOf = byRun(data.attempts);

function sumOf(list, column) {
  let sum = 0;
  for (const run of list) sum += column[run];
  return sum;
}

const platformOf = (run) => PHASES.reduce(
  (sum, [phase, , group]) => (group === "platform" ? sum + runs.phases[phase][run] : sum), 0);

// How long a run waited while it had its slot: a wait for the rate limit may also come before.
function waitedInSlot(run) {
  const idle = endOf(run) - startOf(run) - runs.phases.agent[run] - platformOf(run);
  return Math.max(0, Math.min(idle, runs.phases.limiter[run] + runs.phases.retry_wait[run]));
}

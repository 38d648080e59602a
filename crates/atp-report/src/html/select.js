// Pointer and keys on the timeline, and what is told of the run or slot they choose.
function listenToPointer() {
  const { canvas, frame, hover } = timeline;
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const lane = lanes[Math.floor((event.clientY - box.top + frame.scrollTop) / timeline.height)];
    const slack = ((timeline.to - timeline.from) / plotWidth()) * 4;
    return lane ? runAt(lane, toTime(event.clientX - box.left), slack) : null;
  };
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, from: timeline.from, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag && Math.abs(event.clientX - drag.x) > 4) drag.moved = true;
    if (drag?.moved) {
      move(drag.from - ((event.clientX - drag.x) / plotWidth()) * (timeline.to - timeline.from));
      return;
    }
    const run = under(event);
    if (run !== null) hover.textContent = oneLine(run);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) chooseRun(under(event));
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, toTime(event.clientX - canvas.getBoundingClientRect().left));
  }, { passive: false });
}

function listenToKeys() {
  timeline.canvas.addEventListener("keydown", (event) => {
    const act = {
      ArrowRight: () => step(1, 0), ArrowLeft: () => step(-1, 0),
      ArrowDown: () => step(0, 1), ArrowUp: () => step(0, -1),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => zoom(Infinity),
      Enter: () => timeline.run !== null && showTest(runs.test[timeline.run]),
      " ": () => (timeline.slot !== null ? chooseSlot(null) : timeline.run !== null && chooseSlot(runs.slot[timeline.run])),
      Escape: () => chooseRun(null),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}

// The next run of the slot, or the run of another slot at the same time.
function step(runsOn, lanesOn) {
  if (timeline.run === null) {
    chooseRun(lanes[0][firstEndingAfter(lanes[0], timeline.from)] ?? lanes[0][0]);
    return;
  }
  const at = laneOf.get(runs.slot[timeline.run]);
  const lane = lanes[Math.max(0, Math.min(lanes.length - 1, at + lanesOn))];
  const place = lanesOn === 0 ? lane.indexOf(timeline.run) + runsOn
    : firstEndingAfter(lane, startOf(timeline.run));
  chooseRun(lane[Math.max(0, Math.min(lane.length - 1, place))]);
}

function chooseRun(run) {
  timeline.run = run;
  timeline.panel.replaceChildren(...(run === null ? [overview()] : runDetails(run, true)));
  if (run !== null) bringIntoView(run);
  timeline.draw();
}

function bringIntoView(run) {
  const { frame, height } = timeline;
  const top = laneOf.get(runs.slot[run]) * height;
  if (top < frame.scrollTop) frame.scrollTop = top;
  if (top + height > frame.scrollTop + frame.clientHeight) frame.scrollTop = top + height - frame.clientHeight;
  const span = timeline.to - timeline.from;
  if (startOf(run) > timeline.to || endOf(run) < timeline.from) move(startOf(run) - span / 2);
}

function chooseSlot(slot) {
  timeline.slot = slot;
  for (const button of timeline.frame.querySelectorAll(".slot")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.slot) === slot));
  }
  timeline.run = null;
  timeline.panel.replaceChildren(slot === null ? overview() : slotDetails(slot));
  timeline.draw();
  filterBySlot(slot);
}

function overview() {
  return el("p", {}, `${count(runCount, "run")} on ${count(slots.length, "slot")} in ${micros(wholeTime)}`
    + (data.sessions.length > 1 ? `, over ${data.sessions.length} sessions, without the time between them` : "")
    + ". Choose a bar to see where its time went, or a slot to see only its tests.");
}

function slotDetails(slot) {
  const list = lanes[laneOf.get(slot)];
  const busy = list.reduce((sum, run) => sum + endOf(run) - startOf(run), 0);
  const failed = list.filter((run) => FAILURE.has(runs.status[run])).length;
  return el("p", {}, el("strong", {}, `Slot ${slot}: `),
    `${count(list.length, "run")}, ${failed} not passed, busy ${percent((100 * busy) / Math.max(wholeTime, 1))} of the time; `
    + `agents worked ${micros(sumOf(list, runs.phases.agent))}, platform ${micros(list.reduce((sum, run) => sum + platformOf(run), 0))}. `
    + "The table of tests below shows only this slot.");
}

function oneLine(run) {
  const test = runs.test[run];
  return `${tests.id[test]}, run ${runs.run[run]}: ${runs.status[run]}, agent ${micros(runs.phases.agent[run])}, at ${micros(startOf(run))}`;
}

// Where the time of a run went, and what is known of it beyond that.
function runDetails(run, linked) {
  const test = runs.test[run];
  const spent = PHASES.map(([phase, title]) => [title, runs.phases[phase][run]]).filter(([, time]) => time !== 0);
  const facts = [
    `slot ${runs.slot[run]}`, `from ${micros(startOf(run))} to ${micros(endOf(run))}`, count(runs.events[run], "event"),
    runs.invalid[run] ? count(runs.invalid[run], "invalid event line") : null, runs.leaky[run] ? "leaky" : null,
  ].filter(Boolean);
  const error = message(runs.error[run]);
  return [
    el("p", {}, status(runs.status[run]), "  ",
      linked ? el("button", { class: "plain", type: "button", onclick: () => showTest(test) }, tests.id[test]) : null,
      ` run ${runs.run[run]}: ${facts.join(", ")}`),
    el("p", { class: "hint" }, spent.map(([title, time]) => `${title} ${micros(time)}`).join(" · ") || "no time was recorded"),
    error ? el("p", {}, error) : null,
    ...(attemptsOf.get(run) ?? []).map((attempt, index) =>
      el("p", { class: "hint" }, `attempt ${index + 1}: ${attempt.status}, at ${micros(attempt.start)} after waiting ${micros(attempt.wait)}, agent ${micros(attempt.agent)}`
        + (attempt.error === null ? "" : `: ${message(attempt.error)}`))),
  ].filter(Boolean);
}

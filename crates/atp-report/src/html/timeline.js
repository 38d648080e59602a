// The timeline of the slots: one lane for each, drawn only where it is seen.
const timeline = { from: 0, to: 1, run: null, slot: null, draw: () => {} };

function drawTimeline() {
  const section = document.getElementById("timeline");
  heading(section, "Slots over time",
    "One lane for each slot, one bar for each run, from the moment it had its slot. Bars of failures are taller and striped.");
  if (runCount === 0) {
    section.append(el("p", {}, "No run was recorded."));
    return;
  }
  const height = lanes.length <= 18 ? 22 : lanes.length <= 40 ? 15 : 10;
  const axis = el("canvas", { class: "axis", "aria-hidden": "true" });
  const canvas = el("canvas", {
    tabindex: 0, role: "application", id: "lanes",
    "aria-label": "Slot timeline. Left and right go from run to run, up and down from slot to slot, plus and minus zoom, 0 shows all, Enter opens the test, Space shows only the tests of its slot.",
    "aria-describedby": "run-panel",
  });
  const space = el("div", { class: "space", style: `height: ${lanes.length * height}px` }, canvas,
    slots.map((slot, lane) => slotButton(slot, lane, height)));
  const frame = el("div", { class: "lanes" }, space);
  const hover = el("p", { class: "hint", "aria-hidden": "true" }, "Point at a bar, or focus the timeline and use the arrow keys.");
  const panel = el("div", { class: "panel", id: "run-panel", "aria-live": "polite" }, overview());
  section.append(zoomBar(), axis, frame, hover, panel, legend());

  Object.assign(timeline, { from: 0, to: Math.max(wholeTime, 1), whole: Math.max(wholeTime, 1), height, axis, canvas, frame, hover, panel });
  let waiting = false;
  timeline.draw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  };
  listenToPointer();
  listenToKeys();
  frame.addEventListener("scroll", timeline.draw);
  new ResizeObserver(timeline.draw).observe(frame);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { palette = null; timeline.draw(); });
  paint();
}

const gutter = () => (timeline.frame.clientWidth < 500 ? 46 : 70);
const plotWidth = () => Math.max(timeline.frame.clientWidth - gutter() - 6, 10);
const toX = (time) => gutter() + ((time - timeline.from) / (timeline.to - timeline.from)) * plotWidth();
const toTime = (x) => timeline.from + ((x - gutter()) / plotWidth()) * (timeline.to - timeline.from);

function slotButton(slot, lane, height) {
  return el("button", {
    type: "button", class: "slot", "aria-pressed": "false", "data-slot": slot,
    // Hundreds of slots are no stops on the way of the Tab key; the timeline has a key for them.
    tabindex: lanes.length > 18 ? -1 : 0,
    "aria-label": `slot ${slot}`, title: `Show the tests of slot ${slot}`,
    style: `top: ${lane * height}px; height: ${height}px; font-size: ${Math.min(12, height)}px`,
    onclick: () => chooseSlot(timeline.slot === slot ? null : slot),
  }, height > 10 ? `slot ${slot}` : `${slot}`);
}

function zoomBar() {
  const button = (label, act, name) => el("button", { type: "button", onclick: act, "aria-label": name }, label);
  return el("div", { class: "bar" },
    button("+", () => zoom(0.5), "Zoom in"), button("−", () => zoom(2), "Zoom out"),
    button("All", () => zoom(Infinity), "Show all of the time"));
}

function zoom(factor, centre = (timeline.from + timeline.to) / 2) {
  const span = Math.min((timeline.to - timeline.from) * factor, timeline.whole);
  if (span < 10) return;
  const share = (centre - timeline.from) / (timeline.to - timeline.from);
  move(centre - share * span, span);
}

function move(from, span = timeline.to - timeline.from) {
  timeline.from = Math.max(0, Math.min(from, timeline.whole - span));
  timeline.to = timeline.from + span;
  timeline.draw();
}

function paint() {
  const { canvas, frame, height } = timeline;
  const width = frame.clientWidth;
  const seen = Math.min(frame.clientHeight, lanes.length * height);
  const context = sized(canvas, width, seen);
  const paints = colours(context);
  const first = Math.floor(frame.scrollTop / height);
  const last = Math.min(lanes.length, Math.ceil((frame.scrollTop + seen) / height));
  paintGrid(context, paints, seen);
  for (let lane = first; lane < last; lane += 1) {
    const top = lane * height - frame.scrollTop;
    context.fillStyle = paints.line;
    context.fillRect(gutter(), top + height - 1, width, 0.5);
    for (const failures of [false, true]) paintLane(context, paints, lanes[lane], top, failures);
  }
  paintSelection(context, paints);
}

// Failures go on top of what passed and stay wide enough to be seen, but not where runs are so
// many that they would cover what passed.
function paintLane(context, paints, lane, top, failures) {
  const { height } = timeline;
  const first = firstEndingAfter(lane, timeline.from);
  const seen = firstEndingAfter(lane, timeline.to) - first;
  const least = failures && seen * 4 < plotWidth() ? 3 : 1;
  let painted = -1;
  for (let place = first; place < lane.length; place += 1) {
    const run = lane[place];
    if (startOf(run) > timeline.to) break;
    if (FAILURE.has(runs.status[run]) !== failures) continue;
    const left = Math.max(toX(startOf(run)), gutter());
    const right = Math.min(toX(endOf(run)), gutter() + plotWidth());
    const width = Math.max(right - left - (right - left > 4 ? 1 : 0), least);
    if (left + width < painted) continue;
    painted = left + width;
    const inset = failures ? 1 : Math.max(2, height * 0.2);
    context.fillStyle = paints.fills[lookOf(run)];
    context.fillRect(left, top + inset, width, height - 2 * inset);
    const waited = waitedInSlot(run);
    if (waited > 0 && width > 6) {
      context.fillStyle = paints.wait;
      context.fillRect(left, top + height - inset - 3, (width * waited) / (endOf(run) - startOf(run)), 3);
    }
  }
}

function paintGrid(context, paints, seen) {
  const pen = sized(timeline.axis, timeline.frame.clientWidth, 22);
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = paints.soft;
  const span = timeline.to - timeline.from;
  const steps = ticks(span, plotWidth() / 110);
  const step = steps[1] ?? span;
  for (let at = Math.ceil(timeline.from / step) * step; at <= timeline.to; at += step) {
    const x = toX(at);
    context.fillStyle = paints.line;
    context.fillRect(x, 0, 1, seen);
    pen.textAlign = x > gutter() + plotWidth() - 30 ? "right" : "center";
    pen.fillText(micros(at), x, 15);
  }
  context.fillStyle = paints.soft;
  for (const offset of offsets.values()) {
    if (offset > timeline.from && offset < timeline.to) context.fillRect(toX(offset), 0, 1.5, seen);
  }
}

function paintSelection(context, paints) {
  const { run, height, frame } = timeline;
  if (run === null) return;
  const top = laneOf.get(runs.slot[run]) * height - frame.scrollTop;
  const left = Math.max(toX(startOf(run)), gutter() - 2);
  const width = Math.min(toX(endOf(run)), gutter() + plotWidth()) - left;
  if (width < -4) return;
  context.strokeStyle = paints.ink;
  context.lineWidth = 2;
  context.strokeRect(left - 1, top + 1, Math.max(width, 3) + 2, height - 2);
}

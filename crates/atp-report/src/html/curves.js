// What changed over the time of the run: waits, memory, events.
function drawCurves() {
  const section = document.getElementById("curves");
  heading(section, "Over time", "The same time axis as the slots above.");
  CHART.width = widthIn(section, 2);
  const grid = el("div", { class: "two" }, waits(), memory(), eventsOverTime(), atOnce());
  section.append(grid);
}

const CHART = { width: 0, height: 170, left: 58, bottom: 22, top: 8 };

// A frame with axes, the upper one in round numbers of `unit`; `draw` gets the two scales and
// returns what stands in it.
function chart(label, most, format, draw, unit = 1) {
  const { width, height, left, bottom, top } = CHART;
  const x = (time) => left + (width - left) * (wholeTime > 0 ? time / wholeTime : 0);
  const y = (value) => top + (height - bottom - top) * (1 - value / (most || 1));
  const lines = ticks(most / unit, 3).map((steps) => steps * unit).map((value) => [
    svg("line", { class: "grid", x1: left, x2: width, y1: y(value), y2: y(value) }),
    svg("text", { x: left - 7, y: y(value) + 4, "text-anchor": "end" }, format(value))]);
  const times = ticks(wholeTime, 4).map((time) =>
    svg("text", { x: x(time), y: height - 5, "text-anchor": x(time) > width - 20 ? "end" : "middle" }, micros(time)));
  const cuts = [...offsets.values()].filter((at) => at > 0).map((at) =>
    svg("line", { class: "cut", x1: x(at), x2: x(at), y1: top, y2: height - bottom }));
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    lines.flat(), times, cuts, draw(x, y));
}

function block(title, content, note) {
  return el("div", {}, el("h3", {}, title), content, note ? el("p", { class: "hint" }, note) : null);
}

function nothing(title, why) {
  return block(title, el("p", { class: "hint" }, why));
}

function waits() {
  const title = "Waits for the rate limit and before retries";
  const bins = 48;
  const limit = new Array(bins).fill(0);
  const retry = new Array(bins).fill(0);
  for (let run = 0; run < runCount; run += 1) {
    const bin = Math.max(0, Math.min(bins - 1, Math.floor((bins * startOf(run)) / (wholeTime || 1))));
    limit[bin] += runs.phases.limiter[run] / 1e6;
    retry[bin] += runs.phases.retry_wait[run] / 1e6;
  }
  const { limiter, retry_wait: retries } = data.totals;
  // Less is what it takes to find out that there is nothing to wait for.
  if (limiter + retries < 0.001) return nothing(title, "No run waited for the rate limit or before a retry.");
  const most = Math.max(...limit.map((value, bin) => value + retry[bin]));
  const picture = chart(`${title}: ${seconds(limiter)} and ${seconds(retries)} in all`, most, seconds, (x, y) => [hatch(), ...limit.flatMap((value, bin) => {
    const [from, to] = [x((bin * wholeTime) / bins) + 0.5, x(((bin + 1) * wholeTime) / bins) - 0.5];
    const bar = (name, low, high) => svg("rect", { class: name, x: from, width: Math.max(to - from, 0.5), y: y(high), height: Math.max(y(low) - y(high), 0) });
    return [bar("limit", 0, value), bar("retry", value, value + retry[bin])];
  })]);
  return block(title, picture, `Plain: for the rate limit, ${seconds(limiter)} in all. Striped: before retries, ${seconds(retries)}. Each run counts where it got its slot.`);
}

// Stripes, so that the two kinds of wait can be told apart without their colours.
function hatch() {
  return svg("defs", {}, svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { class: "hatch", width: 6, height: 6 }), svg("rect", { class: "gap", width: 2, height: 6 })));
}

// A line through points of time and value, with the area below it.
function lineOf(points, x, y, stepped) {
  let path = "";
  points.forEach(([time, value], index) => {
    const [px, py] = [x(time).toFixed(1), y(value).toFixed(1)];
    path += index === 0 ? `M${px} ${py}` : stepped ? `H${px}V${py}` : `L${px} ${py}`;
  });
  const first = x(points[0][0]).toFixed(1);
  const last = x(points[points.length - 1][0]).toFixed(1);
  return [svg("path", { class: "area", d: `${path}V${y(0)}H${last}H${first}Z` }), svg("path", { class: "one", d: path })];
}

function memory() {
  const title = "Memory of the platform";
  const measured = data.sessions.filter((session) => session.rss.length > 0).map((session) =>
    session.rss.map(([at, size]) => [offsets.get(session.number) + at * 1e6, size]));
  if (measured.length === 0) return nothing(title, "Memory was not measured.");
  const most = measured.flat().reduce((sum, [, size]) => Math.max(sum, size), 0);
  const picture = chart(`${title}, at most ${bytes(most)}`, most, bytes, (x, y) => measured.flatMap((points) => lineOf(points, x, y, false)), most < 2 ** 21 ? 2 ** 10 : 2 ** 20);
  const end = measured.length === 1 ? `at the end ${bytes(measured[0][measured[0].length - 1][1])}` : "one line for each session";
  return block(title, picture, `At most ${bytes(most)}, ${end}.`);
}

// At most 400 points of a curve that only changes at some moments.
function thinned(points) {
  const every = Math.ceil(points.length / 400);
  return points.filter((point, index) => index % every === 0 || index === points.length - 1);
}

function eventsOverTime() {
  const title = "Events";
  const order = Array.from({ length: runCount }, (_, run) => run).sort((a, b) => endOf(a) - endOf(b));
  let sum = 0;
  const points = [[0, 0], ...order.map((run) => [endOf(run), (sum += runs.events[run])])];
  if (sum === 0) return nothing(title, "No event arrived.");
  const picture = chart(`${title}: ${count(sum)} in all`, sum, (value) => (value < 1000 ? count(value) : scaled(value, 1000, ["", "k", "M", "G"])), (x, y) => lineOf(thinned(points), x, y, true));
  return block(title, picture, `${count(sum)} in all; those of a run count when it ends.`);
}

// How many runs went on in each of 160 spans of time, on average over the span.
function atOnce() {
  const title = "Runs at once";
  if (runCount === 0 || wholeTime <= 0) return nothing(title, "No run was recorded.");
  const spans = 160;
  const span = wholeTime / spans;
  const busy = new Array(spans).fill(0);
  for (let run = 0; run < runCount; run += 1) {
    const [from, to] = [Math.max(startOf(run), 0), endOf(run)];
    for (let at = Math.floor(from / span); at < spans && at * span < to; at += 1) {
      busy[at] += (Math.min(to, (at + 1) * span) - Math.max(from, at * span)) / span;
    }
  }
  const most = Math.max(...busy);
  const points = [...busy.map((value, at) => [at * span, value]), [wholeTime, busy[spans - 1]]];
  const mean = busy.reduce((sum, value) => sum + value, 0) / spans;
  const picture = chart(`${title}, ${mean.toFixed(1)} on average`, most, (value) => (Number.isInteger(value) ? `${value}` : ""), (x, y) => lineOf(points, x, y, true));
  return block(title, picture, `${mean.toFixed(1)} of ${count(data.parallel, "slot")} on average.`);
}

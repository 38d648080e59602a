// The slots as lanes: which run is where, and how a status looks when it is a bar.
const slots = [...new Set(runs.slot)].sort((a, b) => a - b);
const laneOf = new Map(slots.map((slot, lane) => [slot, lane]));
const lanes = slots.map(() => []);
for (let run = 0; run < runCount; run += 1) lanes[laneOf.get(runs.slot[run])].push(run);
for (const lane of lanes) lane.sort((a, b) => startOf(a) - startOf(b));

// The place in a lane of the first run that ends after a time: runs of a slot do not overlap.
function firstEndingAfter(lane, time) {
  let low = 0;
  let high = lane.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(lane[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The run at a time, or the nearest one within `slack` of it.
function runAt(lane, time, slack) {
  const place = firstEndingAfter(lane, time - slack);
  let best = null;
  for (const run of lane.slice(place, place + 8)) {
    const distance = Math.max(startOf(run) - time, time - endOf(run), 0);
    if (distance <= slack && (best === null || distance < best.distance)) best = { run, distance };
  }
  return best?.run ?? null;
}

// What stripes a status has, so that it can be told without its colour: angle, gap, width.
const STRIPES = {
  passed: null, flaky: [0, 4, 1.5], failed: [45, 5, 2], timeout: [90, 5, 2], error: [-45, 3.5, 1.5], skipped: [45, 8, 1],
};

// A run that passed only at a later attempt looks as its test does.
const lookOf = (run) => (runs.status[run] === "passed" && attemptsOf.has(run) ? "flaky" : runs.status[run]);

let palette = null;

function colours(context) {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  palette = { ink: value("ink"), soft: value("soft"), line: value("line"), paper: value("paper"), card: value("card"), wait: value("wait"), fills: {} };
  for (const name of Object.keys(STATUS)) palette.fills[name] = pattern(context, name, value(name), palette.card);
  return palette;
}

function pattern(context, name, colour, stripe) {
  if (STRIPES[name] === null) return colour;
  const [angle, gap, width] = STRIPES[name];
  const tile = document.createElement("canvas");
  tile.width = tile.height = 40;
  const pen = tile.getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 40, 40);
  pen.translate(20, 20);
  pen.rotate((angle * Math.PI) / 180);
  pen.fillStyle = stripe;
  for (let y = -40; y < 40; y += gap + width) pen.fillRect(-40, y, 80, width);
  return context.createPattern(tile, "repeat");
}

// A canvas at the resolution of the screen; returns its context in CSS pixels.
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function legend() {
  const seen = new Set(runs.status.map((_, run) => lookOf(run)));
  const shown = Object.keys(STATUS).filter((name) => seen.has(name));
  return el("ul", { class: "legend" }, shown.map((name) => {
    const sample = el("canvas", { "aria-hidden": "true" });
    queueMicrotask(() => {
      const context = sized(sample, 26, 12);
      context.fillStyle = colours(context).fills[name];
      context.fillRect(0, 0, 26, 12);
    });
    return el("li", {}, sample, name);
  }), runs.status.some((_, run) => waitedInSlot(run) > 0)
    ? el("li", {}, el("i", { class: "strip", "aria-hidden": "true" }), "strip at the foot: share of waiting for the rate limit or a retry") : null);
}

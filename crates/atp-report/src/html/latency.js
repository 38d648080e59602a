// How long runs took: percentiles, and the share of runs that took at most so long.
function drawLatency() {
  const section = document.getElementById("latency");
  heading(section, "Latency", "Of single runs. Waits never count as the agent’s time.");
  const asked = [];
  for (let run = 0; run < runCount; run += 1) if (runs.asked[run]) asked.push(run);
  if (asked.length === 0) {
    section.append(el("p", {}, "No agent was started."));
    return;
  }
  const sorted = (of) => Float64Array.from(asked, of).sort();
  const series = [
    ["agent at work", sorted((run) => runs.phases.agent[run])],
    ["whole time in its slot", sorted((run) => endOf(run) - startOf(run))],
    ["waiting for a slot", sorted((run) => runs.phases.queue[run])],
    ["rate limit and retries", sorted((run) => runs.phases.limiter[run] + runs.phases.retry_wait[run])],
    ["platform", sorted(platformOf)],
  ];
  const shares = [0.5, 0.75, 0.9, 0.95, 0.99, 1];
  const rows = series.map(([name, values]) => [name, ...shares.map((share) => micros(quantile(values, share)))]);
  const columns = [["time", false], ...["p50", "p75", "p90", "p95", "p99", "max"].map((name) => [name, true])];
  section.append(table(`Percentiles over ${count(asked.length, "run")}`, columns, rows),
    el("h3", {}, "Share of runs that took at most so long"), curve(series[0][1], series[1][1], widthIn(section)), reader(series[0][1]));
}

// Linear between the two nearest ranks, as the figures in the other reports are.
function quantile(values, share) {
  const rank = (values.length - 1) * share;
  const below = Math.floor(rank);
  const next = values[Math.min(below + 1, values.length - 1)];
  return values[below] + (next - values[below]) * (rank - below);
}

function curve(agent, whole, width) {
  const [height, left, bottom] = [220, 44, 24];
  const most = Math.max(agent[agent.length - 1], whole[whole.length - 1], 1);
  const least = Math.max(Math.min(agent[0], whole[0]), most / 1e6, 1e-3);
  const logarithmic = most / Math.max(quantile(agent, 0.5), 1e-3) > 30;
  const x = (value) => left + (width - left) * (logarithmic
    ? Math.log(Math.max(value, least) / least) / Math.max(Math.log(most / least), 1e-9) : value / most);
  const y = (share) => 8 + (height - bottom - 8) * (1 - share);
  const line = (values) => {
    const points = Math.min(values.length, 300);
    let path = `M${x(values[0]).toFixed(1)} ${y(0)}`;
    for (let point = 1; point <= points; point += 1) {
      const value = values[Math.ceil((point * values.length) / points) - 1];
      path += `H${x(value).toFixed(1)}V${y(point / points).toFixed(1)}`;
    }
    return `${path}H${width}`;
  };
  const marks = logarithmic ? decades(least, most) : ticks(most, width / 150);
  const grid = [
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => [svg("line", { class: "grid", x1: left, x2: width, y1: y(share), y2: y(share) }),
      svg("text", { x: left - 8, y: y(share) + 4, "text-anchor": "end" }, `${share * 100} %`)]),
    ...marks.map((value) => svg("text", { x: x(value), y: height - 4, "text-anchor": x(value) > width - 20 ? "end" : "middle" }, micros(value))),
  ].flat();
  return el("div", {},
    svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Share of runs by time. Half of the runs: agent at most ${micros(quantile(agent, 0.5))}; 99 %: at most ${micros(quantile(agent, 0.99))}.` },
      grid, svg("path", { class: "two-line", d: line(whole) }), svg("path", { class: "one", d: line(agent) })),
    el("ul", { class: "legend" },
      el("li", {}, el("span", { class: "swatch-line" }), "agent at work"),
      el("li", {}, el("span", { class: "swatch-line dashed" }), "whole time in its slot"),
      logarithmic ? el("li", {}, "logarithmic scale") : null));
}

function decades(least, most) {
  const values = [];
  for (let value = 10 ** Math.ceil(Math.log10(least)); value <= most; value *= 10) values.push(value);
  return values;
}

// Reads the curve at any share, with the keyboard too.
function reader(values) {
  const output = el("output", {});
  const read = (share) => { output.textContent = `${share} % of runs: agent at most ${micros(quantile(values, share / 100))}`; };
  read(95);
  return el("label", { class: "read" }, output,
    el("input", { type: "range", min: 0, max: 100, value: 95, step: 1, "aria-label": "Share of runs in percent", oninput: (event) => read(Number(event.target.value)) }));
}

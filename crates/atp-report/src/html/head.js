// What it came to: verdict, counts, budgets.
function drawHead() {
  const head = document.getElementById("head");
  const kinds = ["passed", "flaky", "failed", "timeout", "error", "skipped"];
  fill(head, {}, [
    el("h1", {}, data.headline),
    el("p", { class: "lead" },
      `${data.agent} over ${data.adapter}, ${count(data.parallel, "slot")}, started ${data.started.replace("T", " ").slice(0, 19)} UTC`),
    el("div", { class: "tiles" }, kinds.map((kind) =>
      el("div", { class: data.summary[kind] ? "tile" : "tile none" },
        el("b", {}, count(data.summary[kind])), status(kind)))),
    drawBudgets(),
    el("p", { style: "margin-top: 16px" }, el("strong", {}, "Bottleneck: "), data.bottleneck),
    data.notes.length ? el("p", {}, el("strong", {}, "Notes: "), data.notes.join("; ")) : null,
    contents(),
  ]);
}

function contents() {
  const failed = tests.status.filter((name) => FAILURE.has(name)).length;
  const sections = [["timeline", "Slots over time"], ["phases", "Where the time went"], ["latency", "Latency"], ["curves", "Over time"], ["tests", "All tests"]];
  if (failed > 0) sections.unshift(["failures", count(failed, "failure")]);
  return el("nav", { class: "contents", "aria-label": "Sections" },
    el("ul", {}, sections.map(([id, title]) => el("li", {}, el("a", { href: `#${id}` }, title)))));
}

function drawBudgets() {
  const { budget_percent: budget } = data.overhead;
  const ratios = [
    ["overhead per test", data.overhead.per_test_percent],
    ["wall over ideal", data.overhead.wall_percent],
    ["CPU of the platform", data.overhead.cpu_percent],
  ];
  const most = Math.max(budget * 1.25, ...ratios.map(([, ratio]) => ratio ?? 0)) || 1;
  const row = ([name, ratio]) => {
    const over = ratio !== null && ratio > budget;
    const margin = ratio === null ? "" : over
      ? `${percent(ratio - budget)} over the budget of ${percent(budget)}`
      : `${percent(budget - ratio)} below the budget of ${percent(budget)}`;
    const share = Math.max(0, Math.min(100, (100 * (ratio ?? 0)) / most));
    return el("div", { class: "ratio" },
      el("span", {}, name),
      el("span", { class: over ? "meter over" : "meter", "aria-hidden": "true" },
        el("i", { style: `width: ${share}%` }), el("u", { style: `left: ${(100 * budget) / most}%` })),
      el("span", { class: over ? "figure failed" : "figure" }, percent(ratio)),
      el("span", { class: "margin" }, margin));
  };
  return el("div", { class: "budget" }, ratios.map(row));
}

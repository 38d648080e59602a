// Where the time went: what the platform cost as a waterfall, and everything as a flame graph.
function drawPhases() {
  const section = document.getElementById("phases");
  heading(section, "Where the time went", "Seconds summed over all runs, which go on side by side: a sum may be far above the wall time.");
  if (runCount === 0) {
    section.append(el("p", {}, "No run was recorded."));
    return;
  }
  section.append(el("h3", {}, "What the platform cost, phase by phase"), waterfall(),
    el("h3", {}, "All time in slots, and the dearest tests of each phase"));
  drawFlame(section);
}

function waterfall() {
  const phases = PHASES.filter(([, , group]) => group === "platform");
  const sum = phases.reduce((total, [phase]) => total + data.totals[phase], 0);
  // Phases that overlap leave a negative rest, which the bars go back by.
  let reach = 0;
  let at = 0;
  for (const [phase] of phases) { at += data.totals[phase]; reach = Math.max(reach, at); }
  const share = (value) => (data.totals.agent > 0 ? percent((100 * value) / data.totals.agent) : UNKNOWN);
  const row = (title, from, value, name) => el("tr", { class: name },
    el("td", {}, title),
    el("td", { class: "plot", "aria-hidden": "true" }, el("div", { class: "track" },
      value === 0 ? null : el("i", { style: `left: ${(100 * Math.min(from, from + value)) / (reach || 1)}%; width: ${(100 * Math.abs(value)) / (reach || 1)}%` }))),
    el("td", { class: "number" }, seconds(value)),
    el("td", { class: "number" }, seconds(value / runCount)),
    el("td", { class: "number" }, share(value)));
  at = 0;
  const rows = phases.map(([phase, title]) => {
    const value = data.totals[phase];
    at += value;
    return row(title, at - value, value);
  });
  return scrolling("What the platform cost", el("table", { class: "fall" },
    el("thead", {}, el("tr", {}, ["phase", "one after the other", "in all", "per run", "of agents’ time"].map((title, index) =>
      el("th", { class: index > 1 ? "number" : index === 1 ? "plot" : null, scope: "col" }, title)))),
    el("tbody", {}, rows, row("platform", 0, sum, "sum"))));
}

function flameTree() {
  const node = (name, group, children, value) => ({
    name, group, children, value: value ?? children.reduce((sum, child) => sum + child.value, 0),
  });
  const groups = [["agent", "agents"], ["wait", "waits"], ["platform", "platform"]].map(([group, name]) =>
    node(name, group, PHASES.filter(([phase, , of]) => of === group && phase !== "queue").map(([phase, title]) =>
      node(title, group, dearest(phase, group), Math.max(data.totals[phase], 0)))));
  const root = node("time in slots", "", groups);
  const link = (parent) => parent.children.forEach((child) => { child.parent = parent; link(child); });
  link(root);
  return root;
}

// The five tests that cost a phase most.
function dearest(phase, group) {
  const column = runs.phases[phase];
  const costs = runsOf.map((list, test) => ({ test, cost: sumOf(list, column) })).filter(({ cost }) => cost > 0);
  costs.sort((a, b) => b.cost - a.cost);
  return costs.slice(0, 5).map(({ test, cost }) =>
    ({ name: tests.id[test], group, test, children: [], value: Math.min(cost / 1e6, Math.max(data.totals[phase], 0)) }));
}

function drawFlame(section) {
  const root = flameTree();
  const frame = el("div", { class: "flame", role: "group", "aria-label": "Flame graph: choose a box to see it across the whole width" });
  const told = el("p", { class: "hint", "aria-live": "polite" });
  section.append(frame, told);
  const show = (focus) => {
    const boxes = [];
    const path = [];
    for (let node = focus; node; node = node.parent) path.unshift(node);
    path.forEach((node, depth) => boxes.push([node, depth, 0, 1]));
    let deepest = path.length;
    const below = (node, depth, left, width) => {
      for (const child of node.children) {
        const share = node.value > 0 ? (width * child.value) / node.value : 0;
        if (share > 0.0005) {
          boxes.push([child, depth, left, share]);
          deepest = Math.max(deepest, depth + 1);
          below(child, depth + 1, left, share);
        }
        left += share;
      }
    };
    below(focus, path.length, 0, 1);
    frame.style.height = `${deepest * 27}px`;
    frame.replaceChildren(...boxes.map(([node, depth, left, width]) => {
      const words = `${node.name}: ${seconds(node.value)}, ${percent((100 * node.value) / (root.value || 1))} of all`;
      return el("button", {
        type: "button", class: width < 0.03 ? `${node.group} thin` : node.group, title: words, "aria-label": words,
        style: `top: ${depth * 27}px; left: ${left * 100}%; width: ${width * 100}%`,
        onclick: () => { if (node.test !== undefined) showTest(node.test); else { show(node); frame.children[depth]?.focus(); } },
        onfocus: () => { told.textContent = words; }, onpointerenter: () => { told.textContent = words; },
      }, node.name);
    }));
  };
  told.textContent = "Choose a box to see it across the whole width; the boxes above it lead back.";
  show(root.children.find((group) => group.group === "platform" && group.value > 0) ?? root);
}

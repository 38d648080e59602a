// Elements. Text only ever goes in as text.
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  return fill(element, attributes, children);
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  return fill(element, attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") element.style.cssText = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

function status(name) {
  return el("span", { class: `status ${name}` },
    el("span", { class: "mark", "aria-hidden": "true" }, STATUS[name]), name);
}

// What is wider than the window scrolls by itself, with the keyboard too.
function scrolling(name, content) {
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, content);
}

// A table: columns are [title, whether it holds numbers], cells are text or elements.
function table(caption, columns, rows) {
  const cell = (tag, index, content) =>
    el(tag, { class: columns[index][1] ? "number" : null, scope: tag === "th" ? "col" : null }, content);
  return scrolling(caption, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, columns.map(([title], index) => cell("th", index, title)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((content, index) => cell("td", index, content)))))));
}

function heading(section, title, lead) {
  const id = `${section.id}-title`;
  section.append(el("h2", { id }, title));
  if (lead) section.append(el("p", { class: "lead" }, lead));
}

// How wide a chart in a section may be, so that its letters are as large as those around it.
function widthIn(section, columns = 1) {
  const inner = section.clientWidth - 2 * parseFloat(getComputedStyle(section).paddingLeft);
  return Math.max(260, columns > 1 && window.innerWidth > 640 ? (inner - 36) / columns : inner);
}

// Figures as people read them.
const UNKNOWN = "not measured";

function scaled(value, step, units) {
  let unit = 0;
  while (unit + 1 < units.length && Math.abs(value) >= step - 0.5) {
    value /= step;
    unit += 1;
  }
  const size = Math.abs(value);
  const digits = size === 0 ? 0 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

function seconds(value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return "0 s";
  return scaled(value * 1e9, 1000, ["ns", "µs", "ms", "s"]);
}

function micros(value) {
  return seconds(value / 1e6);
}

function bytes(value) {
  return value < 1024 ? `${value} B` : scaled(value / 1024, 1024, ["KiB", "MiB", "GiB", "TiB"]);
}

function percent(value) {
  if (value === null || value === undefined) return UNKNOWN;
  return value === 0 ? "0 %" : `${value.toFixed(Math.abs(value) >= 1000 ? 0 : 2)} %`;
}

const wholes = new Intl.NumberFormat("en");

function count(value, noun) {
  const number = wholes.format(value);
  return noun ? `${number} ${noun}${value === 1 ? "" : "s"}` : number;
}

// Round values from 0 to `most` in about `wanted` steps.
function ticks(most, wanted) {
  if (!(most > 0)) return [0];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const values = [];
  for (let value = 0; value <= most * 1.0001; value += step) values.push(value);
  return values;
}

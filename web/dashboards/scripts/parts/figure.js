// A large figure: name, value with a small unit, change with sign and arrow, and its line. Pressing it picks the chart, where there is one.

import { el, svg } from "../lib/dom.js";
import { sparkline } from "../lib/series.js";

const WIDTH = 160;
const HEIGHT = 32;

// { key, name, note, value, unit, title, delta (of change()), lessIsBetter, values, open, chosen, pick }
export function figure({ key, name, value, unit = null, note = null, title = null, delta = undefined, since = "", lessIsBetter = false, values = null, open = -1, chosen = null, pick = null }) {
  const content = [
    el("span.name", {}, name, note === null ? null : el("small", {}, `  ${note}`)),
    el("span.value", { title }, value, unit === null ? null : el("small", {}, unit), title === null || title === value ? null : el("span.sr", {}, `exactly ${title}`)),
    delta === undefined ? null : el("span.delta", {}, delta === null ? "" : deltaNode(delta, lessIsBetter), delta === null ? "" : ` ${since}`),
    values === null ? null : spark(values, open),
  ];
  if (pick === null) return el("div.figure", {}, content);
  return el("button.figure", { type: "button", "data-key": `figure-${key}`, "aria-pressed": String(chosen === true), onclick: pick }, content);
}

export function deltaNode(delta, lessIsBetter = false) {
  if (delta === null) return el("span.muted", {}, "–");
  const good = delta.sign === 0 ? null : (delta.sign > 0) !== lessIsBetter;
  return el(`b.num${good === null ? "" : good ? ".better" : ".worse"}`, {}, `${delta.arrow} ${delta.text}`);
}

// The last, unfinished interval is dashed.
function spark(values, open) {
  const whole = open > 0 ? values.map((value, index) => (index < open ? value : null)) : values;
  const tail = open > 0 ? values.map((value, index) => (index >= open - 1 && index <= open ? value : null)) : null;
  const top = Math.max(...values, 1);
  const line = (name, list) => svg(name, { d: sparkline(list, WIDTH, HEIGHT, top) });
  return svg("svg.spark", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, line("path", whole), tail === null ? null : line("path.open", tail));
}

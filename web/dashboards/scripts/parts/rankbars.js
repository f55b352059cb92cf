// A short ranking as lying bars, from zero, each with its name and number on it: no axis is needed.

import { el } from "../lib/dom.js";
import { exact } from "../lib/format.js";

export function rankBars(rows, what, { top = Math.max(...rows.map((row) => row.value), 1), brief = false } = {}) {
  return el(`ol.ranks${brief ? ".brief" : ""}`, {}, rows.map((row) => el("li", { title: `${row.name}: ${exact(row.value)} ${what}` },
    el("span.clip.name", {}, row.name), el(`i${row.tone ? `.${row.tone}` : ""}`, { style: { "--part": row.value / top } }), el("span.num", {}, row.text ?? exact(row.value)))));
}

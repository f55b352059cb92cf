// A table of rows. A column: { name, cell(row), n (a number's column), sort (what the address calls it), head (the row's name) }.

import { el } from "../lib/dom.js";
import { UNKNOWN } from "../lib/format.js";

export function table({ caption, columns, rows, sort = null, onsort = null, low = false }) {
  const head = el("tr", {}, columns.map((column) => heading(column, sort, onsort)));
  const body = rows.map((row) => el("tr", {}, columns.map((column) => {
    const content = column.cell(row);
    const kind = `${column.head ? "th" : "td"}${column.n ? ".n" : ""}${content === UNKNOWN ? ".none" : ""}`;
    return el(kind, column.head ? { scope: "row", title: typeof content === "string" ? content : null } : {}, content);
  })));
  return el(`div.scroll${low ? ".low" : ""}`, { tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption.sr", {}, caption), el("thead", {}, head), el("tbody", {}, body)));
}

function heading(column, sort, onsort) {
  const kind = column.n ? "th.n" : "th";
  if (!column.sort || onsort === null) return el(kind, { scope: "col" }, column.name);
  const way = sort === column.sort ? "ascending" : sort === `-${column.sort}` ? "descending" : null;
  const next = way === "descending" || (way === null && !column.n) ? column.sort : `-${column.sort}`;
  return el(kind, { scope: "col", "aria-sort": way ?? "none" },
    el("button", { type: "button", "data-key": `sort-${column.sort}`, onclick: () => onsort(next) }, column.name, el("span.way", { "aria-hidden": "true" }, way === null ? "" : way === "ascending" ? "↑" : "↓")));
}

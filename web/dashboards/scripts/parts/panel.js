// A card: what it shows in its title, its table behind one key (T), its CSV behind one link.

import { csvOf } from "../lib/csv.js";
import { el } from "../lib/dom.js";
import { table } from "./table.js";

// { key, title, note, csv (the server's export; "table": what the table shows), rows ({ columns, rows }), flush }
export function panel(ctx, { key, title, note = null, csv = null, rows = null, flush = false, tools = [] }, ...content) {
  const place = el("div.shown");
  const id = `table-${key}`;
  place.id = id;
  const button = rows === null ? null : el("button.tool", { type: "button", "data-key": `table-of-${key}`, "aria-controls": id, "aria-keyshortcuts": "T", title: "Table (T)", onclick: () => show(!ctx.opened.has(key)) }, "Table");
  const card = el("section.card", { "aria-labelledby": `title-${key}`, "data-panel": key },
    el("header", {}, el("h2", { id: `title-${key}` }, title),
      el("div.tools", {}, tools, button, csvLink(key, title, csv, rows)),
      note === null ? null : el("p", {}, note)),
    el(`div.inner${flush ? ".flush" : ""}`, {}, content, rows === null ? null : place));
  function show(open) {
    if (open) ctx.opened.add(key);
    else ctx.opened.delete(key);
    button.setAttribute("aria-pressed", String(open));
    place.replaceChildren(...(open ? [table({ caption: title, ...rows })] : []));
  }
  if (button !== null) {
    show(ctx.opened.has(key));
    card.addEventListener("toggle-table", () => show(!ctx.opened.has(key)));
  }
  return card;
}

function csvLink(key, title, csv, rows) {
  if (csv === null) return null;
  const words = { "data-key": `csv-${key}`, "aria-label": `CSV of ${title}` };
  if (csv !== "table") return el("a.tool", { href: csv, download: `${key}.csv`, ...words }, "CSV");
  return el("button.tool", { type: "button", ...words, onclick: () => {
    const address = URL.createObjectURL(new Blob([csvOf(rows.columns, rows.rows)], { type: "text/csv;charset=utf-8" }));
    el("a", { href: address, download: `${key}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } }, "CSV");
}

// T opens the table of the card that has the focus or the pointer, else those of all.
export function tableKey(main) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const near = document.activeElement?.closest("[data-panel]") ?? main.querySelector("[data-panel]:hover");
    for (const card of near === null || near === undefined ? main.querySelectorAll("[data-panel]") : [near]) card.dispatchEvent(new Event("toggle-table"));
  });
}

export const nothing = (text) => el("p.nothing", {}, text);

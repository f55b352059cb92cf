// Three short lists under the overview's chart: what gains, what is sought and not found, where the funnel lost most.

import { el } from "../lib/dom.js";
import { exact, percent, points } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { stepName } from "../lib/words.js";
import { deltaNode } from "./figure.js";
import { rankBars } from "./rankbars.js";
import { nothing, panel } from "./panel.js";

export function shortLists(ctx, report) {
  return el("div.cols", {}, gaining(ctx, report), sought(ctx, report), drop(ctx, report));
}

function gaining(ctx, { gaining: rows, before }) {
  const list = rows.map((row) => el("li", {}, el("a.clip", { href: ctx.href("products") }, row.name ?? row.product), el("span.n", {}, exact(row.views)), deltaNode({ sign: Math.sign(row.change), arrow: row.change < 0 ? "↓" : "↑", text: `${row.change < 0 ? "−" : "+"}${exact(Math.abs(row.change))}` })));
  const text = before ? "No product was viewed more than before." : "Choose a comparison to see what gains.";
  const columns = [{ name: "Product", head: true, cell: (row) => row.name ?? row.product }, { name: "Views", n: true, cell: (row) => exact(row.views) }, { name: "Before", n: true, cell: (row) => exact(row.views_before) }];
  return panel(ctx, { key: "gaining", title: "Products gaining views", csv: "table", rows: { columns, rows } },
    list.length === 0 ? nothing(text) : el("ol.list", {}, list), el("a.link.go", { href: ctx.href("products") }, "All products"));
}

function sought(ctx, { without_results: rows }) {
  const list = rows.map((row) => el("li", {}, el("a.clip", { href: ctx.href("searches", { sort: "-without_results" }) }, row.term), el("span.n", {}, exact(row.without_results)), el("span.muted.small", {}, "times")));
  const columns = [{ name: "Term", head: true, cell: (row) => row.term }, { name: "Searches", n: true, cell: (row) => exact(row.searches) }, { name: "Without results", n: true, cell: (row) => exact(row.without_results) }];
  return panel(ctx, { key: "without_results", title: "Searched, nothing found", csv: "table", rows: { columns, rows } },
    list.length === 0 ? nothing("Every search found something.") : el("ol.list", {}, list), el("a.link.go", { href: ctx.href("searches", { sort: "-without_results" }) }, "All searches"));
}

function drop(ctx, { drop: step, before }) {
  const content = step === null ? nothing(before ? "No step of the funnel lost more than before." : "Choose a comparison to see what fell.") : [
    el("p", {}, stepName(step.from), " → ", stepName(step.to)),
    el("p.large", {}, percent(step.rate)),
    el("p.small.muted", {}, "went on, ", deltaNode(points(step.rate, step.rate_before))),
    rankBars([{ name: "Now", value: step.rate, text: percent(step.rate), tone: "low" }, { name: "Before", value: step.rate_before, text: percent(step.rate_before), tone: "grey" }], "of visitors", { top: 1, brief: true }),
  ];
  return panel(ctx, { key: "drop", title: "Biggest drop in the funnel", csv: exportOf("funnel", queryOf(ctx.state, ctx.clock)) }, content, el("a.link.go", { href: ctx.href("funnel") }, "The whole funnel"));
}

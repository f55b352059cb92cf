// What is sought, what is not found, and what a search leads to.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { change, count, exact, percent, points } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { withOwn } from "../lib/state.js";
import { figure } from "../parts/figure.js";
import { nothing, panel } from "../parts/panel.js";
import { rankBars } from "../parts/rankbars.js";
import { rateCells } from "../parts/ratecell.js";
import { table } from "../parts/table.js";
import { under } from "../parts/under.js";

const share = (part, whole) => (whole > 0 ? part / whole : null);

export const searches = {
  uses: { range: true, compare: true, filters: true },
  bones: ["figures", "chart", "list"],
  async load(ctx, signal) {
    const asked = { sort: ctx.state.own.sort, limit: ctx.state.own.limit };
    return { report: await get("searches", queryOf(ctx.state, ctx.clock, asked), signal), asked };
  },
  isEmpty: ({ report }) => report.searches === 0 && !report.before?.searches,
  draw(ctx, { report, asked }) {
    const { before } = report;
    const columns = [
      { name: "Term", head: true, sort: "term", cell: (row) => row.term },
      { name: "Searches", n: true, sort: "searches", cell: (row) => exact(row.searches) },
      { name: "Without results", n: true, sort: "without_results", cell: (row) => (row.without_results === 0 ? "0" : el("span.worse", {}, exact(row.without_results))) },
      { name: "Visitors", n: true, sort: "visitors", cell: (row) => exact(row.visitors) },
      { name: "Led to a product", n: true, sort: "viewed", cell: rateCells(report.terms, (row) => share(row.viewed, row.searches)) },
      { name: "To the cart", n: true, sort: "added", cell: rateCells(report.terms, (row) => share(row.added, row.searches)) },
      { name: "To an order", n: true, cell: (row) => exact(row.ordered) },
    ];
    const query = queryOf(ctx.state, ctx.clock, asked);
    const empty = report.empty_terms;
    const emptyColumns = [{ name: "Term", head: true, cell: (row) => row.term }, { name: "Times without results", n: true, cell: (row) => exact(row.without_results) }, { name: "Visitors", n: true, cell: (row) => exact(row.visitors) }];
    return [
      el("div.figures.few", {},
        figure({ key: "searches", name: "Searches", value: count(report.searches), title: exact(report.searches), delta: before ? change(report.searches, before.searches) : undefined, since: "on before" }),
        figure({ key: "share", name: "Without results", value: percent(report.share_without_results), delta: before ? points(report.share_without_results, before.share_without_results) : undefined, since: "on before", lessIsBetter: true }),
        figure({ key: "visitors", name: "Visitors who search", value: count(report.visitors), title: exact(report.visitors), delta: before ? change(report.visitors, before.visitors) : undefined, since: "on before" }),
        figure({ key: "terms", name: "Different terms", value: count(report.total), title: exact(report.total), delta: before ? change(report.total, before.total) : undefined, since: "on before" })),
      panel(ctx, { key: "empty-terms", title: "Sought most, found never", note: "What visitors want and the shop does not show them.", csv: "table", rows: { columns: emptyColumns, rows: empty } },
        empty.length === 0 ? nothing("Every search found something.") : rankBars(empty.slice(0, 8).map((row) => ({ name: row.term, value: row.without_results, tone: "low" })), "searches without results")),
      panel(ctx, { key: "searches", title: `${exact(report.total)} terms`, note: "Led to: within 30 minutes, before the visitor's next search.", csv: exportOf("searches", query), flush: true },
        report.terms.length === 0 ? nothing("No searches in these days.") : table({ caption: "Search terms", columns, rows: report.terms, sort: asked.sort, onsort: (sort) => ctx.go(withOwn(ctx.state, { sort })) }), under(ctx, report.terms.length, report.total, "terms")),
    ];
  },
};

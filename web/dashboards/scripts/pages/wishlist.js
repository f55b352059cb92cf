// What is wished for, and does it come to the cart? Most wished, the share that moved, and the time it took.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { change, count, exact, percent, points, span } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { withOwn } from "../lib/state.js";
import { figure } from "../parts/figure.js";
import { nothing, panel } from "../parts/panel.js";
import { rankBars } from "../parts/rankbars.js";
import { rateCells } from "../parts/ratecell.js";
import { table } from "../parts/table.js";
import { under } from "../parts/under.js";

export const wishlist = {
  uses: { range: true, compare: true, filters: true },
  bones: ["figures", "chart", "list"],
  async load(ctx, signal) {
    const asked = { sort: ctx.state.own.sort, limit: ctx.state.own.limit };
    return { report: await get("wishlist", queryOf(ctx.state, ctx.clock, asked), signal), asked };
  },
  isEmpty: ({ report }) => report.added === 0 && !report.before?.added,
  draw(ctx, { report, asked }) {
    const { before } = report;
    const query = queryOf(ctx.state, ctx.clock, asked);
    const columns = [
      { name: "Product", head: true, sort: "product", cell: (row) => row.name ?? row.product },
      { name: "Wished", n: true, sort: "added", cell: (row) => exact(row.added) },
      { name: "Visitors", n: true, sort: "visitors", cell: (row) => exact(row.visitors) },
      { name: "Moved to cart", n: true, sort: "moved", cell: (row) => exact(row.moved) },
      { name: "Share moved", n: true, sort: "rate", cell: rateCells(report.products, (row) => row.rate) },
      { name: "Median time", n: true, sort: "median_ms", cell: (row) => span(row.median_ms) },
    ];
    const times = named(report.times);
    const timeColumns = [{ name: "Time from wish to cart", head: true, cell: (row) => row.name }, { name: "Wishes moved", n: true, cell: (row) => exact(row.value) }];
    const most = [...report.products].sort((a, b) => b.added - a.added).slice(0, 8).map((row) => ({ name: row.name ?? row.product, value: row.added }));
    return [
      el("div.figures.few", {},
        figure({ key: "added", name: "Wishes", value: count(report.added), title: exact(report.added), delta: before ? change(report.added, before.added) : undefined, since: "on before" }),
        figure({ key: "moved", name: "Moved to the cart", value: count(report.moved), title: exact(report.moved), delta: before ? change(report.moved, before.moved) : undefined, since: "on before" }),
        figure({ key: "rate", name: "Share that moves", value: percent(report.rate), delta: before ? points(report.rate, before.rate) : undefined, since: "on before" }),
        figure({ key: "median", name: "Median time to cart", value: span(report.median_ms), delta: before ? change(report.median_ms, before.median_ms) : undefined, since: "on before", lessIsBetter: true })),
      el("div.cols.two", {},
        panel(ctx, { key: "most-wished", title: "Most wished", csv: "table", rows: { columns: columns.slice(0, 2), rows: report.products } }, most.length === 0 ? nothing("No wishes in these days.") : rankBars(most, "wishes")),
        panel(ctx, { key: "wishlist-times", title: "From wish to cart", note: "How long after the wish, of those that moved.", csv: "table", rows: { columns: timeColumns, rows: times } }, report.moved === 0 ? nothing("Nothing moved yet.") : rankBars(times, "wishes"))),
      panel(ctx, { key: "wishlist", title: `${exact(report.total)} wished products`, csv: exportOf("wishlist", query), flush: true },
        report.products.length === 0 ? nothing("No wishes in these days.") : table({ caption: "Wished products", columns, rows: report.products, sort: asked.sort, onsort: (sort) => ctx.go(withOwn(ctx.state, { sort })) }), under(ctx, report.products.length, report.total, "products")),
    ];
  },
};

function named(times) {
  return times.map(({ up_to_ms: limit, moved }, index) => ({ name: limit === null ? `more than ${span(times[index - 1]?.up_to_ms)}` : `within ${span(limit)}`, value: moved }));
}

// What sells, what is only looked at? A table that sorts by any column, and a scatter whose quiet corners are named.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { byAmount, change, exact, known, money } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { withFilter, withOwn } from "../lib/state.js";
import { deltaNode } from "../parts/figure.js";
import { nothing, panel } from "../parts/panel.js";
import { rateCells } from "../parts/ratecell.js";
import { scatter } from "../parts/scatter.js";
import { table } from "../parts/table.js";
import { under } from "../parts/under.js";

const CORNERS = { seldom_added: ["seen often, seldom added", "hot"], seldom_seen: ["seldom seen, added often", "good"] };

export const products = {
  uses: { range: true, compare: true, filters: true },
  bones: ["chart", "chart"],
  async load(ctx, signal) {
    const asked = { sort: ctx.state.own.sort, limit: ctx.state.own.limit };
    const report = await get("products", queryOf(ctx.state, ctx.clock, asked), signal);
    for (const { product, name } of report.products) if (name) ctx.names.set(product, name);
    return { report, asked };
  },
  isEmpty: ({ report }) => report.total === 0,
  draw(ctx, { report, asked }) {
    const csv = exportOf("products", queryOf(ctx.state, ctx.clock, asked));
    const columns = columnsOf(ctx, report);
    const onsort = (sort) => ctx.go(withOwn(ctx.state, { sort }));
    return [
      panel(ctx, { key: "scatter", title: "How often seen, how often added", note: "One dot a product. The lines are the medians.", csv, rows: { columns: columns.filter((column) => ["Product", "Views", "Adds", "Add rate"].includes(column.name)), rows: report.products } },
        report.products.some((row) => known(row.rate)) ? scatter(ctx, report) : nothing("Nothing was viewed.")),
      panel(ctx, { key: "products", title: `${exact(report.total)} products`, csv, flush: true },
        table({ caption: "Products", columns, rows: report.products, sort: asked.sort, onsort }), under(ctx, report.products.length, report.total, "products")),
    ];
  },
};

function columnsOf(ctx, { products: rows, before }) {
  const earlier = new Map((before?.products ?? []).map((row) => [row.product, row]));
  const currencies = new Set(rows.flatMap((row) => row.revenue.map((entry) => entry.currency)));
  const single = currencies.size === 1 ? [...currencies][0] : null;
  return [
    { name: "Product", head: true, sort: "name", cell: (row) => [el("button.link-name", { type: "button", title: `Only ${row.name ?? row.product}`, "data-key": `only-${row.product}`, onclick: () => ctx.go(withFilter(ctx.state, "product", [row.product])) }, row.name ?? row.product), row.corner ? el(`span.tag.${CORNERS[row.corner]?.[1] ?? "hot"}`, {}, CORNERS[row.corner]?.[0] ?? row.corner) : null] },
    { name: "Views", n: true, sort: "views", cell: (row) => exact(row.views) },
    before ? { name: "On before", n: true, cell: (row) => deltaNode(change(row.views, earlier.get(row.product)?.views)) } : null,
    { name: "Adds", n: true, sort: "adds", cell: (row) => exact(row.adds) },
    { name: "Add rate", n: true, sort: "rate", cell: rateCells(rows, (row) => row.rate) },
    { name: "Wishlists", n: true, sort: "wishlists", cell: (row) => exact(row.wishlists) },
    { name: "Orders", n: true, sort: "orders", cell: (row) => exact(row.orders) },
    { name: single === null ? "Revenue" : `Revenue, ${single}`, n: true, sort: "revenue", cell: (row) => byAmount(row.revenue).map((entry) => money(single === null ? entry : { amount: entry.amount, currency: null })).join(" + ") || "0" },
  ].filter(Boolean);
}

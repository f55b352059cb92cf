// How is the shop doing? Six figures, one of them drawn over time, and three short lists that lead on.

import { get } from "../lib/api.js";
import { byAmount, change, count, exact, money, percent } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { align, intervals, METRICS, valueOf } from "../lib/series.js";
import { withOwn } from "../lib/state.js";
import { METRIC_NAMES } from "../lib/words.js";
import { el } from "../lib/dom.js";
import { figure } from "../parts/figure.js";
import { overTime } from "../parts/overtime.js";
import { shortLists } from "../parts/shortlists.js";

const USES = { range: true, compare: true, filters: true };

export const overview = {
  uses: USES,
  bones: ["figures", "chart", "list"],
  async load(ctx, signal) {
    const report = await get("overview", queryOf(ctx.state, ctx.clock), signal);
    return { report, never: report.events === 0 && (await neverAny(signal)) };
  },
  isEmpty: ({ report }) => report.events === 0,
  draw(ctx, { report }) {
    const currency = byAmount(report.revenue)[0]?.currency ?? byAmount(report.before?.revenue)[0]?.currency ?? null;
    const metric = METRICS.includes(ctx.state.own.metric) ? ctx.state.own.metric : "visitors";
    const now = intervals(report);
    const before = report.before ? intervals(report.before).list : null;
    const series = (name) => align(now.list, before, name, currency, report.updated);
    const figures = METRICS.map((name) => one(ctx, report, name, currency, name === metric, series(name)));
    const csv = now.unit === "hour" ? "table" : exportOf("overview", queryOf(ctx.state, ctx.clock));
    return [
      el("div.figures", { role: "group", "aria-label": "Figures; pressing one draws it" }, figures),
      overTime(ctx, { metric, currency, unit: now.unit, list: now.list, before: report.before ? intervals(report.before) : null, series: series(metric), csv, report }),
      shortLists(ctx, report),
    ];
  },
};

function one(ctx, report, name, currency, chosen, { current, open }) {
  const value = valueOf(report, name, currency);
  const earlier = report.before ? valueOf(report.before, name, currency) : null;
  const isMoney = name === "revenue";
  return figure({
    key: name, name: METRIC_NAMES[name], chosen, values: current, open,
    value: isMoney ? money({ amount: value, currency: null }, true) : count(value),
    unit: isMoney ? currency : null,
    note: name === "orders" && report.visitors > 0 ? `${percent(report.conversion)} of visitors` : null,
    title: isMoney ? byAmount(report.revenue).map((entry) => money(entry)).join(" and ") || null : exact(value),
    delta: report.before ? change(value, earlier) : undefined,
    since: ctx.state.compare === "year" ? "on a year ago" : "on before",
    pick: () => ctx.go(withOwn(ctx.state, { metric: name })),
  });
}

async function neverAny(signal) {
  try {
    return (await get("health", "", signal)).events.stored === 0;
  } catch {
    return false;
  }
}

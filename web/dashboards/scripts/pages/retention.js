// Do visitors come back? Weeks of first visits against the weeks after, the share in each cell.

import { get } from "../lib/api.js";
import { dayLabel, daysBetween, mondayOf, plusDays, rangeLabel, rangeOf } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { exact, percent } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { nothing, panel } from "../parts/panel.js";

export const retention = {
  uses: { range: true, filters: true },
  lead: "Of the visitors first seen in a week, how many came again in the weeks after.",
  bones: ["chart"],
  async load(ctx, signal) {
    const { from, to } = rangeOf(ctx.state, ctx.clock.now, ctx.clock.timezone);
    const own = daysBetween(from, to) >= 28;
    const query = queryOf(ctx.state, ctx.clock, own ? { from: mondayOf(from), to } : {}, { filters: true });
    return { report: await get("retention", query, signal), query, own };
  },
  isEmpty: ({ report }) => report.weeks.every((week) => week.visitors === 0),
  draw(ctx, { report, query, own }) {
    const { period, weeks, average } = report;
    const width = Math.max(...weeks.map((week) => week.returned.length), 1);
    const ahead = Array.from({ length: width }, (_, index) => index);
    const top = Math.max(...weeks.flatMap((week) => week.returned.slice(1).map((n) => n / (week.visitors || 1))), 0.01);
    const columns = [
      { name: "First seen in the week of", head: true, cell: (row) => dayLabel(row.week) },
      { name: "Visitors", n: true, cell: (row) => exact(row.visitors) },
      ...ahead.slice(1).map((index) => ({ name: `Week ${index}`, n: true, cell: (row) => (index < row.returned.length ? exact(row.returned[index]) : "–") })),
    ];
    return panel(ctx, { key: "retention", title: `Weekly retention, ${rangeLabel(period.from, period.to)}`, note: `${own ? "" : "Four weeks at least are needed: this shows the last eight. "}A dashed cell is a week that is not over yet.`, csv: exportOf("retention", query), rows: { columns, rows: weeks } },
      width < 2 ? nothing("The first week is not over: come back next week.") : el("div.scroll", { tabindex: "0", role: "region", "aria-label": "Weekly retention" }, el("table.grid-week", {},
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "First seen"), el("th.n", { scope: "col" }, "Visitors"), ahead.slice(1).map((index) => el("th", { scope: "col" }, `Week ${index}`)))),
        el("tbody", {}, weeks.map((week) => line(week, width, top, report.updated)), mean(average, ahead)))));
  },
};

function line(week, width, top, updated) {
  const cells = week.returned.slice(1).map((back, index) => {
    const share = week.visitors === 0 ? null : back / week.visitors;
    const ends = plusDays(week.week, (index + 2) * 7);
    const running = Date.parse(`${ends}T00:00:00Z`) > Date.parse(updated);
    return el(`td.w${running ? ".running" : ""}`, { title: `${exact(back)} of ${exact(week.visitors)} in the week of ${dayLabel(plusDays(week.week, (index + 1) * 7))}${running ? ", which is not over" : ""}` },
      el("span", { style: { "--part": share === null ? 0 : Math.round((share / top) * 44) } }, percent(share, share !== null && share < 0.1 ? 1 : 0)));
  });
  const missing = width - week.returned.length;
  return el("tr", {}, el("th", { scope: "row" }, `${dayLabel(week.week)}${week.complete ? "" : " (running)"}`), el("td.size", {}, exact(week.visitors)), cells, Array.from({ length: missing }, () => el("td.w")));
}

function mean(average, ahead) {
  return el("tr.mean", {}, el("th", { scope: "row" }, "Average"), el("td.size"), ahead.slice(1).map((index) => el("td.w", {}, el("span", { style: { "--part": 0 } }, percent(average[index] ?? null)))));
}

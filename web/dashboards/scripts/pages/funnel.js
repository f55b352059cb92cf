// Where do visitors leave? Steps to choose, bars with what was lost, a breakdown, and the visitors behind each part.

import { get } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { exact, percent, points } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { FILTER_NAMES, stepName, valueName } from "../lib/words.js";
import { bars, stepRows } from "../parts/bars.js";
import { nothing, panel } from "../parts/panel.js";
import { rateCells } from "../parts/ratecell.js";
import { editor } from "../parts/steps.js";
import { table } from "../parts/table.js";
import { readSteps, showOf } from "../lib/steps.js";
import { behind } from "../parts/behind.js";

export const funnel = {
  uses: { range: true, compare: true, filters: true },
  bones: ["line", "chart", "list"],
  async load(ctx, signal) {
    const { steps, window, mode, breakdown, show } = ctx.state.own;
    const asked = { steps, window, mode, breakdown: breakdown === "none" ? null : breakdown };
    const part = showOf(show, readSteps(steps).length);
    const [report, visitors] = await Promise.all([
      get("funnel", queryOf(ctx.state, ctx.clock, asked), signal),
      part === null ? null : get("visitors", queryOf(ctx.state, ctx.clock, { ...asked, breakdown: null, step: part.step, state: part.state, limit: 50 }, { range: true, filters: true }), signal),
    ]);
    return { report, visitors, asked, part };
  },
  draw(ctx, { report, visitors, asked, part }) {
    const csv = exportOf("funnel", queryOf(ctx.state, ctx.clock, asked));
    const { steps } = report;
    const last = steps[steps.length - 1];
    const whole = `${exact(last.visitors)} of ${exact(steps[0].visitors)} visitors came through`;
    const delta = report.before ? points(report.conversion, report.before.conversion) : null;
    return [
      el("section.card", {}, el("div.inner", {}, editor(ctx))),
      panel(ctx, { key: "funnel", title: `${percent(report.conversion)} of visitors come from “${stepName(steps[0].step)}” to “${stepName(last.step)}”`,
        note: whole + (delta === null ? "" : `, ${delta.arrow} ${delta.text} on ${ctx.state.compare === "year" ? "a year ago" : "before"}`) + ".", csv, rows: { columns: stepRows(report), rows: steps } },
        steps[0].visitors === 0 ? nothing(`No visitor reached “${stepName(steps[0].step)}” in these days.`) : bars(ctx, report, part)),
      part === null ? null : behind(ctx, report, visitors, part, asked),
      ctx.state.own.breakdown === "none" ? null : breakdown(ctx, report, asked),
    ];
  },
};

function breakdown(ctx, report, asked) {
  const by = FILTER_NAMES[report.breakdown] ?? report.breakdown;
  const columns = [
    { name: by, head: true, cell: (row) => valueName(report.breakdown, row.value) },
    ...report.steps.map((step, index) => ({ name: stepName(step.step), n: true, cell: (row) => exact(row.visitors[index]) })),
    { name: "Conversion", n: true, cell: rateCells(report.segments ?? [], (row) => row.conversion) },
  ];
  const rows = { columns, rows: report.segments ?? [] };
  const card = panel(ctx, { key: "segments", title: `The same by ${by.toLowerCase()}`, csv: exportOf("segments", queryOf(ctx.state, ctx.clock, asked)), flush: true },
    rows.rows.length === 0 ? nothing("Nothing to break down.") : table({ caption: `Funnel by ${by}`, ...rows }));
  return card;
}


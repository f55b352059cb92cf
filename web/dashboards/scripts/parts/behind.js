// Who is behind a part of a bar: visitors, newest first, each a link to the journey.

import { moment } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { exact } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { withOwn } from "../lib/state.js";
import { stepName } from "../lib/words.js";
import { nothing, panel } from "./panel.js";
import { table } from "./table.js";

const STATES = { reached: "reached", went_on: "went on from", left: "left after", in_progress: "are still within the window after" };

export function behind(ctx, report, { total, visitors }, { step, state }, asked) {
  const columns = [
    { name: "Visitor", head: true, cell: (row) => el("a", { href: ctx.href("journey", {}, row.visitor) }, row.visitor) },
    { name: "Began", cell: (row) => moment(row.began, report.period.timezone) },
    { name: "Last step at", cell: (row) => moment(row.last, report.period.timezone) },
    { name: "Steps", n: true, cell: (row) => `${row.steps} of ${report.steps.length}` },
  ];
  const title = `${exact(total)} ${STATES[state]} “${stepName(report.steps[step - 1].step)}”`;
  const csv = exportOf("visitors", queryOf(ctx.state, ctx.clock, { ...asked, breakdown: null, step, state, limit: 50 }, { range: true, filters: true }));
  const close = el("button.tool", { type: "button", onclick: () => ctx.go(withOwn(ctx.state, { show: "" })) }, "Close");
  return panel(ctx, { key: "visitors", title, note: total > visitors.length ? `The newest ${visitors.length}.` : null, csv, flush: true, tools: [close] },
    visitors.length === 0 ? nothing("Nobody.") : table({ caption: title, low: true, columns, rows: visitors }));
}

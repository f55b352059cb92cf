// What did one visitor do? Visits and their events, oldest first, with the time between them.

import { get } from "../lib/api.js";
import { moment } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { byAmount, exact, money } from "../lib/format.js";
import { exportOf, queryOf } from "../lib/query.js";
import { figure } from "../parts/figure.js";
import { panel } from "../parts/panel.js";
import { visits } from "../parts/visits.js";
import { visitorRow } from "../parts/feed.js";
import { plural, valueName } from "../lib/words.js";

export const journey = {
  uses: {},
  fresh: true,
  bones: ["line", "chart"],
  async load(ctx, signal) {
    if (ctx.state.visitor === null) return { recent: await get("realtime", "", signal) };
    const query = new URLSearchParams({ visitor: ctx.state.visitor }).toString();
    return { report: await get("journey", query, signal), query };
  },
  draw(ctx, { report, query, recent }) {
    if (recent !== undefined) return [el("section.card", {}, el("div.inner", {}, finder(ctx))), chooser(ctx, recent)];
    if (report.total === 0) return [finder(ctx), el("section.card", {}, el("div.state", {}, el("h2", {}, "Nobody by this name"), el("p", {}, `No event of ${report.visitor} in the last 90 days. Visitors are written a:… (anonymous) or u:… (signed in).`)))];
    const { timezone } = report.period;
    const shown = report.visits.reduce((sum, visit) => sum + visit.events.length, 0);
    return [
      finder(ctx),
      el("div.figures.few", {},
        figure({ key: "events", name: "Events", value: exact(report.total) }),
        figure({ key: "visits", name: plural(report.visits.length, "Visit"), value: exact(report.visits.length) }),
        figure({ key: "orders", name: "Orders", value: exact(report.orders) }),
        figure({ key: "revenue", name: "Revenue", value: byAmount(report.revenue).map((entry) => money(entry)).join(" + ") || "0" })),
      el("p.small.muted", {}, `${report.visitor}${report.users.length > 0 ? `, signed in as ${report.users.join(", ")}` : ", never signed in"}. First seen ${moment(report.first, timezone)}, last ${moment(report.last, timezone)}.`,
        shown < report.total ? ` The newest ${exact(shown)} events.` : "", " ", el("a.link", { href: exportOf("journey", query), download: "journey.csv" }, "CSV of these events")),
      visits(report, (visit) => [visit.device, visit.referrer, visit.campaign].filter(Boolean).map((value, index) => (index === 0 ? valueName("device", value) : value)).join(", ")),
    ];
  },
};

function finder(ctx) {
  const input = el("input.input", { type: "search", value: ctx.state.visitor ?? "", placeholder: "a:… or u:…", "aria-label": "Visitor", required: true, spellcheck: "false", autocomplete: "off", "data-key": "find" });
  return el("form.find", { role: "search", onsubmit: (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text !== "") ctx.go({ ...ctx.state, visitor: /^[au]:/.test(text) ? text : `a:${text}` });
  } }, input, el("button.button", { type: "submit" }, "Show"));
}

function chooser(ctx, recent) {
  return panel(ctx, { key: "recent", title: "Seen last", note: "In the last 30 minutes, newest first.", flush: true },
    recent.visitors.length === 0 ? el("p.nothing", {}, "Nobody in the last 30 minutes. Visitors are also behind every bar of the funnel.")
      : el("ul.feed", {}, recent.visitors.map((visitor) => visitorRow(ctx, visitor, recent.period.timezone))));
}


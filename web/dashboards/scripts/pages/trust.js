// May I believe the other pages? The answer first, then the ledger as a flow, how far behind, and each neighbour in words.

import { get } from "../lib/api.js";
import { moment } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { exact, known, span, UNKNOWN } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { flow, ledgerRows, sums } from "../parts/flow.js";
import { panel } from "../parts/panel.js";

const ANSWERS = { yes: "Yes: these numbers can be believed", late: "Yes, but they are late", no: "Not wholly: something is missing" };

export const trust = {
  uses: {},
  bones: ["line", "chart", "list"],
  async load(ctx, signal) {
    return { report: await get("health", "", signal) };
  },
  draw(ctx, { report }) {
    const status = report.daemon.status;
    const ledger = status?.ledger ?? null;
    return [
      el(`section.card.verdict.${report.trust}`, { role: "status" },
        el("span.sign", {}, icon(report.trust === "yes" ? "order" : "warn", 22)),
        el("div", {}, el("h2", {}, ANSWERS[report.trust] ?? report.trust), el("p", {}, report.sentence), report.reasons.length === 0 ? null : el("ul", {}, report.reasons.map((reason) => el("li", {}, reason.sentence))))),
      panel(ctx, { key: "ledger", title: "The way of every event, counted", note: "Each box holds what passed it; under it what went another way. Nothing is unaccounted for while the sums below hold.", csv: "table", rows: ledgerRows(report, ledger) },
        flow(report, ledger), sums(report, ledger)),
      el("div.cols.two", {}, neighbours(ctx, report, status), lateness(ctx, report, status)),
    ];
  },
};

function facts(rows) {
  return el("dl.facts", {}, rows.filter(Boolean).map(([name, value, bad]) => [el("dt", {}, name), el(`dd${bad ? ".worse" : ""}`, {}, value)]));
}

function neighbours(ctx, report, status) {
  const words = (part, name) => (part === null || part === undefined ? [name, "not used by this process"] : part.up ? [name, "answers"] : [name, `does not answer: ${part.error ?? "no reason given"}`, true]);
  const running = { running: "runs", degraded: "runs, with a fault", stopping: "is stopping" };
  return panel(ctx, { key: "neighbours", title: "The neighbours" }, facts([
    report.daemon.reachable ? ["clickd", `${running[status?.state] ?? "answers"}${status?.host ? ` on ${status.host}` : ""}${status?.reasons?.length > 0 ? `: ${status.reasons.join("; ")}` : ""}`, status?.state === "degraded"] : ["clickd", "does not answer: intake cannot be seen from here", true],
    status === null ? null : words(status.kafka, "Kafka"),
    status === null ? null : words(status.mongodb, "MongoDB"),
    ["Roll-ups", report.rollups.writer === null ? "nobody keeps them up to date" : `kept by ${report.rollups.writer}, seen ${moment(report.rollups.writer_seen, ctx.clock.timezone)}`, report.rollups.writer === null],
    ["Running since", status?.since ? moment(status.since, ctx.clock.timezone) : UNKNOWN],
  ]));
}

function lateness(ctx, report, status) {
  const oldest = status?.outbox?.oldest_seconds;
  return panel(ctx, { key: "lateness", title: "How far behind" }, facts([
    ["Numbers", known(report.rollups.behind_ms) ? `${span(report.rollups.behind_ms)} behind` : UNKNOWN, report.rollups.behind_ms > 60_000],
    ["Oldest unsent", known(oldest) ? (oldest === 0 ? "nothing waits" : span(oldest * 1000)) : UNKNOWN, oldest > 60],
    ["Kafka's lag", status?.consumer ? `${exact(status.consumer.lag)} events` : UNKNOWN],
    ["Minutes to recount", exact(report.rollups.marks)],
    ["First event", report.events.oldest ? moment(report.events.oldest, ctx.clock.timezone) : UNKNOWN],
    ["Newest event", report.events.newest ? moment(report.events.newest, ctx.clock.timezone) : UNKNOWN],
    report.rollups.frozen_before === null ? null : ["Frozen before", `${moment(report.rollups.frozen_before, ctx.clock.timezone)}; ${exact(report.rollups.late_frozen)} late events not counted`, report.rollups.late_frozen > 0],
  ]));
}

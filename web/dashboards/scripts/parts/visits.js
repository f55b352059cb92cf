// A visitor's visits, each a list along a line; between two the time away.

import { clock, moment } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { exact, money, span } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { ACTIVITIES, eventDetail, plural } from "../lib/words.js";

export function visits({ visits: list, period }, describe) {
  return list.flatMap((visit, index) => [
    index === 0 ? null : el("p.away", {}, `${span(Date.parse(visit.start) - Date.parse(list[index - 1].end))} later`),
    el("section.card.visit", {},
      el("header", {}, el("h2", {}, moment(visit.start, period.timezone)), el("span.small.muted", {}, [describe(visit), `${exact(visit.events.length)} ${plural(visit.events.length, "event")}`, span(Date.parse(visit.end) - Date.parse(visit.start))].filter(Boolean).join(" · "))),
      el("ol", {}, visit.events.map((event) => step(event, period.timezone)))),
  ]);
}

function step(event, timezone) {
  const detail = eventDetail(event, money);
  return el(`li${event.activity === "order" ? ".order" : ""}`, {},
    el("time", { datetime: event.time }, clock(event.time, timezone, true)),
    el("span.dot", {}, icon(event.activity ?? "other", 14)),
    el("span.clip", { title: event.event ?? event.type }, el("b", {}, ACTIVITIES[event.activity] ?? event.event ?? event.type), detail === "" ? null : `  ${detail}`),
    el("span.since", {}, event.since_ms === null || event.since_ms === undefined ? "" : `+${span(event.since_ms)}`));
}

// Rows of the live lists: an event as it came, and a visitor who is there.

import { clock } from "../lib/dates.js";
import { el } from "../lib/dom.js";
import { exact, money } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { ACTIVITIES, eventDetail, plural, shortVisitor, valueName } from "../lib/words.js";

export function eventRow(ctx, event, timezone, fresh = false) {
  const detail = eventDetail(event, money);
  const name = ACTIVITIES[event.activity] ?? event.event ?? event.type;
  return el(`li${event.activity === "order" ? ".order" : ""}${fresh ? ".fresh" : ""}`, { "data-id": event.id },
    el("time", { datetime: event.time }, clock(event.time, timezone, true)),
    icon(event.activity ?? "other", 16),
    el("span.what", {}, el("b.clip", { title: event.event }, name), el("span.clip.muted", { title: detail }, detail)),
    event.visitor === null || event.visitor === undefined ? el("span.who", {}, "no visitor") : el("a.who", { href: ctx.href("journey", {}, event.visitor), title: `Journey of ${event.visitor}` }, shortVisitor(event.visitor)));
}

export function visitorRow(ctx, visitor, timezone) {
  const from = [visitor.device === null ? null : valueName("device", visitor.device), visitor.referrer, visitor.campaign].filter(Boolean).join(", ");
  const last = ACTIVITIES[visitor.activity] ?? visitor.event ?? "";
  return el("li.here", {},
    el("div.clip", {}, el("a.who", { href: ctx.href("journey", {}, visitor.visitor) }, shortVisitor(visitor.visitor)), el("div.clip.small.muted", {}, [last, visitor.product === null ? null : ctx.names.get(visitor.product) ?? visitor.product].filter(Boolean).join(": "), from === "" ? "" : ` · ${from}`)),
    el("div.small.muted.num", {}, `${exact(visitor.events)} ${plural(visitor.events, "event")}`, el("br"), clock(visitor.last, timezone)));
}

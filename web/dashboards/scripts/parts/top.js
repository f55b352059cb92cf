// A page's head: whose shop, which days, compared with what, which visitors, and how fresh the numbers are.

import { get, serverNow } from "../lib/api.js";
import { plusDays, rangeLabel, rangeOf, RANGE_NAMES } from "../lib/dates.js";
import { el, refill } from "../lib/dom.js";
import { ago, count } from "../lib/format.js";
import { queryOf } from "../lib/query.js";
import { FILTERS, isDate, PRESETS, withFilter } from "../lib/state.js";
import { COMPARE_NAMES, FILTER_NAMES, valueName } from "../lib/words.js";
import { item, menu } from "./menu.js";

const BRIEF = { previous: "before", year: "last year", off: "nothing" };

export function drawTop(top, ctx, uses) {
  const row = el("div.row", {}, el("span.shop", {}, ctx.about.name), el("span.fresh", { id: "fresh" }, "…"), uses.filters ? chips(ctx) : null, el("span.gap", { "aria-hidden": "true" }),
    uses.compare ? comparison(ctx) : null, uses.range ? range(ctx) : null);
  refill(top, row);
  drawFresh(ctx);
}

// When the numbers were last brought up to date; more than a minute is stale, and says so in words too.
export function drawFresh(ctx) {
  const fresh = document.getElementById("fresh");
  if (fresh === null || ctx.updated === null) return;
  const stale = serverNow() - Date.parse(ctx.updated) > 60_000;
  fresh.classList.toggle("stale", stale);
  fresh.textContent = `${stale ? "Stale: updated" : "Updated"} ${ago(ctx.updated, serverNow())}`;
}

function range(ctx) {
  const { state } = ctx;
  const { from, to } = rangeOf(state, ctx.clock.now, ctx.clock.timezone);
  const label = [state.range === "custom" ? null : el("span", {}, RANGE_NAMES[state.range]), el(`span.of${state.range === "custom" ? "" : ".long"}`, {}, rangeLabel(from, to)), el("span.of", { "aria-hidden": "true" }, "▾")];
  return menu({ key: "range", label, build: (close) => [
    PRESETS.map((preset) => item(preset === "today" ? "Today" : `Last ${RANGE_NAMES[preset]}`, { chosen: state.range === preset, pick: () => {
      close();
      ctx.go({ ...state, range: preset, from: null, to: null });
    } })),
    el("hr"),
    customRange(from, to, (first, last) => {
      close();
      ctx.go({ ...state, range: "custom", from: first, to: last });
    }),
  ] });
}

function customRange(from, to, pick) {
  const first = el("input", { type: "date", value: from, name: "from", required: true });
  const last = el("input", { type: "date", value: to, name: "to", required: true });
  const fault = el("p", { role: "alert" });
  return el("form", { novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    if (!isDate(first.value) || !isDate(last.value)) fault.textContent = "Both days are needed.";
    else if (first.value > last.value) fault.textContent = "The first day is after the last.";
    else if (plusDays(first.value, 3659) < last.value) fault.textContent = "At most ten years.";
    else pick(first.value, last.value);
  } }, el("label", {}, "First day", first), el("label", {}, "Last day", last), fault, el("button.button", { type: "submit" }, "Show these days"));
}

function comparison(ctx) {
  const { state } = ctx;
  const label = [el("span.of.long", {}, "Compared with"), el("span.of.brief", {}, "vs"), el("span.long", {}, COMPARE_NAMES[state.compare].toLowerCase()), el("span.brief", {}, BRIEF[state.compare]), el("span.of", { "aria-hidden": "true" }, "▾")];
  return menu({ key: "compare", label, build: (close) => Object.entries(COMPARE_NAMES).map(([name, text]) =>
    item(text, { chosen: state.compare === name, pick: () => {
      close();
      ctx.go({ ...state, compare: name });
    } })) });
}

function chips(ctx) {
  const { state } = ctx;
  const set = FILTERS.flatMap((name) => state.filters[name].map((value) => chip(ctx, name, value)));
  return el("div.chips", { role: "group", "aria-label": "Filters" }, set, menu({ key: "add-filter", side: "left", label: ["+ Filter"], build: (close) => kinds(ctx, close) }));
}

function chip(ctx, name, value) {
  const text = name === "product" ? ctx.names.get(value) ?? value : valueName(name, value === "(none)" ? null : value);
  const without = ctx.state.filters[name].filter((other) => other !== value);
  return el("span.chip", {}, el("span.clip", {}, `${FILTER_NAMES[name]}: `, el("b", {}, text)),
    el("button", { type: "button", "data-key": `chip-${name}-${value}`, "aria-label": `Remove filter ${FILTER_NAMES[name]}: ${text}`, onclick: () => ctx.go(withFilter(ctx.state, name, without)) }, "×"));
}

function kinds(ctx, close) {
  const box = el("div");
  refill(box, FILTERS.map((name) => item(FILTER_NAMES[name], { pick: async () => {
    refill(box, el("h3", {}, FILTER_NAMES[name]), el("p.nothing", {}, "…"));
    const values = await choices(ctx, name);
    refill(box, el("h3", {}, FILTER_NAMES[name]), values.length === 0 ? el("p.nothing", {}, "Nothing to choose from in these days") : values.map((choice) =>
      item(choice.text, { amount: choice.events === null ? null : count(choice.events), pick: () => {
        close();
        const others = name === "signed_in" ? [] : ctx.state.filters[name].filter((value) => value !== choice.value);
        ctx.go(withFilter(ctx.state, name, [...others, choice.value]));
      } })));
    box.querySelector(".item")?.focus();
  } })));
  return box;
}

async function choices(ctx, name) {
  if (name === "signed_in") return [{ value: "true", text: "Yes", events: null }, { value: "false", text: "No", events: null }];
  try {
    const { values } = await get("values", queryOf(ctx.state, ctx.clock, { of: name }, { range: true }));
    return values.map(({ value, name: title, events }) => {
      if (title) ctx.names.set(value, title);
      return { value: value ?? "(none)", text: title ?? valueName(name, value), events };
    });
  } catch {
    return [];
  }
}

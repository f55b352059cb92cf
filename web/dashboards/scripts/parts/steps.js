// The funnel's own choices: steps added, removed and moved by mouse and by keys; window, order and breakdown beside them.

import { get } from "../lib/api.js";
import { el, speak } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { queryOf } from "../lib/query.js";
import { withOwn } from "../lib/state.js";
import { canAdd, moved, readSteps, without, writeSteps } from "../lib/steps.js";
import { ACTIVITIES, FILTER_NAMES, stepName } from "../lib/words.js";
import { item, menu } from "./menu.js";

const WINDOWS = { "30min": "30 minutes", "12h": "12 hours", "1d": "1 day", "7d": "7 days", "30d": "30 days", "90d": "90 days", none: "no limit" };
const MODES = { ordered: "in this order, others between", strict: "one right after the other" };

export function editor(ctx) {
  const steps = readSteps(ctx.state.own.steps);
  const set = (next, say) => {
    if (next === steps) return;
    speak(say);
    ctx.go(withOwn(ctx.state, { steps: writeSteps(next), show: "" }));
  };
  const add = menu({ key: "add-step", side: "left", label: ["+ Step"], build: (close) => addable(ctx, (step) => {
    close();
    set([...steps, step], `${stepName(step)} added as step ${steps.length + 1}`);
  }) });
  return [
    el("ol.steps", { "aria-label": "Steps; left and right arrows move one, Delete removes it" }, steps.map((step, index) => chip(steps, step, index, set)), canAdd(steps) ? el("li", {}, add) : null),
    el("div.choices", {},
      choice(ctx, "window", "Within", WINDOWS), choice(ctx, "mode", "Steps", MODES),
      choice(ctx, "breakdown", "By", { ...Object.fromEntries(["device", "referrer", "campaign", "signed_in"].map((name) => [name, FILTER_NAMES[name].toLowerCase()])), none: "nothing" })),
  ];
}

function chip(steps, step, index, set) {
  const name = stepName(step);
  const move = (to) => set(moved(steps, index, to), `${name} is now step ${to + 1}`);
  const remove = () => set(without(steps, index), `${name} removed`);
  const edge = (text, label, press, disabled) => el("button.edge", { type: "button", "aria-label": label, disabled, onclick: press, "data-key": `${label}` }, text);
  const hold = el("button.hold", { type: "button", "data-key": `step-${step}`, "aria-label": `Step ${index + 1}: ${name}`, onkeydown: (event) => {
    const act = { ArrowLeft: () => move(index - 1), ArrowRight: () => move(index + 1), Delete: remove, Backspace: remove }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  } }, el("i", {}, index + 1), name);
  const node = el("li.step-chip", { draggable: "true" }, edge("‹", `Move ${name} left`, () => move(index - 1), index === 0), hold,
    edge("›", `Move ${name} right`, () => move(index + 1), index === steps.length - 1), edge("×", `Remove ${name}`, remove, steps.length === 1));
  dragging(node, index, (from) => set(moved(steps, from, index), `${stepName(steps[from])} is now step ${index + 1}`));
  return node;
}

function dragging(node, index, drop) {
  const on = (name, act) => node.addEventListener(name, act);
  on("dragstart", (event) => {
    event.dataTransfer.setData("text/x-step", String(index));
    event.dataTransfer.effectAllowed = "move";
    node.classList.add("held");
  });
  on("dragend", () => node.classList.remove("held"));
  on("dragover", (event) => {
    if (!event.dataTransfer.types.includes("text/x-step")) return;
    event.preventDefault();
    node.classList.add("over");
  });
  on("dragleave", () => node.classList.remove("over"));
  on("drop", (event) => {
    event.preventDefault();
    node.classList.remove("over");
    drop(Number(event.dataTransfer.getData("text/x-step")));
  });
}

async function addable(ctx, pick) {
  let events = [];
  try {
    events = (await get("values", queryOf(ctx.state, ctx.clock, { of: "event" }, { range: true }))).values;
  } catch {
    // without the server's list the seven activities can still be chosen
  }
  return [
    el("h3", {}, "Activities"), Object.entries(ACTIVITIES).map(([step, name]) => item(name, { pick: () => pick(step) })),
    events.length === 0 ? null : [el("hr"), el("h3", {}, "Events by name"), events.map(({ value, events: times }) => item(value ?? "", { amount: count(times), pick: () => pick(`event:${value}`) }))],
  ];
}

function choice(ctx, name, label, options) {
  const now = ctx.state.own[name];
  const known = name in { window: 1 } && !(now in options) ? { ...options, [now]: now } : options;
  return el("label", {}, label, el("select.input", { "data-key": `choose-${name}`, onchange: (event) => ctx.go(withOwn(ctx.state, { [name]: event.target.value, show: "" })) },
    Object.entries(known).map(([value, text]) => el("option", { value, selected: value === now }, text))));
}

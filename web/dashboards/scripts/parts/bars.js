// A funnel's bars: what is left solid, what was lost on the way hatched; between them the conversion and the median time.
// A press on any part lists the visitors behind it.

import { el } from "../lib/dom.js";
import { count, exact, percent, span } from "../lib/format.js";
import { withOwn } from "../lib/state.js";
import { stepName } from "../lib/words.js";

export function bars(ctx, { steps }, part) {
  const chosen = (step, state) => part !== null && part.step === step && part.state === state;
  const show = (step, state) => () => ctx.go(withOwn(ctx.state, { show: chosen(step, state) ? "" : `${step}.${state}` }));
  const press = (kind, step, state, properties, ...content) =>
    el(kind, { type: "button", "data-key": `part-${step}-${state}${kind}`, "aria-pressed": String(chosen(step, state)), onclick: show(step, state), ...properties }, content);
  // The bars themselves answer to the mouse; keys and screen readers have the same in the words above and below them.
  const area = (kind, step, state, title) => el(`${kind}${chosen(step, state) ? ".shown-part" : ""}`, { title, "aria-hidden": "true", onclick: show(step, state) });
  return el("ol.funnel", {}, steps.map((one, index) => {
    const number = index + 1;
    const above = index === 0 ? one : steps[index - 1];
    const size = { "--kept": one.of_first ?? 0, "--gone": Math.max((above.of_first ?? 0) - (one.of_first ?? 0), 0) };
    const lost = above.visitors - one.visitors;
    const next = steps[index + 1];
    const name = stepName(one.step);
    return el("li.f-step", {},
      el("div.f-head", {}, el("b", { title: name }, `${number}  ${name}`),
        press("button.num", number, "reached", { title: `${exact(one.visitors)} reached ${name}: list them` }, count(one.visitors)), el("small", {}, index === 0 ? "visitors" : `${percent(one.of_first)} of all`)),
      el("div.f-bar", { style: size },
        lost > 0 ? area("div.gone", number - 1, "left", `${exact(lost)} lost before ${name}`) : null,
        area("div.kept", number, "reached", `${exact(one.visitors)} reached ${name}`),
        next === undefined ? null : el("p.f-between", {}, el("b", {}, percent(next.rate)), el("small", {}, next.median_ms === null ? "went on" : span(next.median_ms)), el("span.sr", {}, " median time to the next step"))),
      el("div.f-under", {}, next === undefined ? el("p.muted", {}, "The end") : [
        press("button.on", number, "went_on", {}, el("i"), "went on", el("span.num", {}, exact(one.went_on))),
        press("button.off", number, "left", {}, el("i"), "left", el("span.num", {}, exact(one.left))),
        press("button.yet", number, "in_progress", {}, el("i"), el("span.clip", {}, "still within"), el("span.num", {}, exact(one.in_progress))),
      ]));
  }));
}

export function stepRows({ before }) {
  const columns = [
    { name: "Step", head: true, cell: (row) => stepName(row.step) },
    { name: "Visitors", n: true, cell: (row) => exact(row.visitors) },
    { name: "Of the step before", n: true, cell: (row) => percent(row.rate) },
    { name: "Of the first", n: true, cell: (row) => percent(row.of_first) },
    { name: "Went on", n: true, cell: (row) => exact(row.went_on) },
    { name: "Left", n: true, cell: (row) => exact(row.left) },
    { name: "Still within the window", n: true, cell: (row) => exact(row.in_progress) },
    { name: "Median time", n: true, cell: (row) => span(row.median_ms) },
    { name: "90th percentile", n: true, cell: (row) => span(row.p90_ms) },
  ];
  if (before) columns.splice(2, 0, { name: "Before", n: true, cell: (row) => exact(before.steps.find((other) => other.step === row.step)?.visitors) });
  return columns;
}

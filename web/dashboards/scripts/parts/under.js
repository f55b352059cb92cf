// Under a long table: how many of how many rows, and more of them.

import { el } from "../lib/dom.js";
import { exact } from "../lib/format.js";
import { withOwn } from "../lib/state.js";

const MOST = 10_000;

export function under(ctx, shown, total, what) {
  if (shown >= total) return null;
  const next = Math.min(Math.max(shown, Number(ctx.state.own.limit) || 0) * 5, MOST);
  return el("p.under", {}, `${exact(shown)} of ${exact(total)} ${what}`, shown >= MOST ? " (the CSV and OData have the rest)" : el("button.button.quiet", { type: "button", "data-key": "more-rows", onclick: () => ctx.go(withOwn(ctx.state, { limit: String(next) })) }, `Show ${exact(Math.min(next, total))}`));
}

// Series of a chart: one metric out of a report's intervals, with the earlier period laid behind it. Pure.

import { amountIn } from "./format.js";

const ACTIVITIES = { views: "view_product", carts: "add_to_cart", checkouts: "proceed_to_checkout" };
export const METRICS = ["visitors", "views", "carts", "checkouts", "orders", "revenue"];

// A metric's value in an overview, one of its days, or one of its hours.
export function valueOf(interval, metric, currency) {
  if (interval === undefined || interval === null) return null;
  if (metric === "revenue") return amountIn(interval.revenue, currency);
  if (metric in ACTIVITIES) return interval.activities?.[ACTIVITIES[metric]] ?? 0;
  return interval[metric] ?? null;
}

// Which intervals a chart draws: hours where the report has them, else days.
export function intervals(report) {
  if (!report) return { unit: "day", list: [] };
  return report.hours?.length > 0 ? { unit: "hour", list: report.hours } : { unit: "day", list: report.days ?? [] };
}

// The n-th interval of the earlier period lies behind the n-th of this one; a shorter one ends early, a longer one is cut.
// An interval that has not begun is null: a line that ends, and not one that falls to zero.
export function align(now, before, metric, currency, updated) {
  const begun = (interval) => Date.parse(interval.start ?? `${interval.date}T00:00:00Z`) <= Date.parse(updated) + (interval.date ? 86_400_000 : 0);
  const current = now.map((interval) => (interval.complete !== false || begun(interval) ? valueOf(interval, metric, currency) : null));
  const earlier = now.map((_, index) => valueOf(before?.[index], metric, currency));
  const lastShown = current.reduce((last, value, index) => (value === null ? last : index), -1);
  const open = lastShown >= 0 && now[lastShown].complete === false ? lastShown : -1;
  return { current, earlier: before ? earlier : null, open };
}

// A path through the values for a drawing of the given size, whose top is the value given; null leaves a gap.
export function sparkline(values, width, height, top = Math.max(...values, 1)) {
  if (values.filter((value) => value !== null).length < 2) return "";
  const step = width / (values.length - 1);
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${(index * step).toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

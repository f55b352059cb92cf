// Lines of a chart: which interval lies behind which, and where a line ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { align, intervals, sparkline, valueOf } from "../../web/dashboards/scripts/lib/series.js";

const day = (date, visitors, complete = true) => ({ date, visitors, orders: 1, complete, activities: { view_product: visitors * 2 }, revenue: [{ currency: "EUR", amount: visitors }, { currency: "NOK", amount: 5 }] });
const NOW = "2026-11-23T12:00:00Z";

test("the n-th day before lies behind the n-th day", () => {
  const { current, earlier, open } = align([day("2026-11-21", 3), day("2026-11-22", 4)], [day("2026-11-19", 1), day("2026-11-20", 2)], "visitors", null, NOW);
  assert.deepEqual([current, earlier, open], [[3, 4], [1, 2], -1]);
});

test("the running day is known as such, and a day to come is no zero", () => {
  const { current, open } = align([day("2026-11-22", 3), day("2026-11-23", 1, false), day("2026-11-26", 0, false)], null, "visitors", null, NOW);
  assert.deepEqual(current, [3, 1, null]);
  assert.equal(open, 1);
});

test("an earlier period that is shorter ends early", () => {
  const { earlier } = align([day("2026-11-21", 3), day("2026-11-22", 4)], [day("2026-11-19", 1)], "visitors", null, NOW);
  assert.deepEqual(earlier, [1, null]);
});

test("revenue is one currency's, never a sum over several", () => {
  assert.equal(valueOf(day("2026-11-21", 7), "revenue", "EUR"), 7);
  assert.equal(valueOf(day("2026-11-21", 7), "revenue", "NOK"), 5);
  assert.equal(valueOf(day("2026-11-21", 7), "revenue", "USD"), 0);
  assert.equal(valueOf(day("2026-11-21", 7), "views", null), 14);
});

test("hours are drawn where a report has them", () => {
  assert.equal(intervals({ hours: [{}], days: [{}, {}] }).unit, "hour");
  assert.equal(intervals({ hours: [], days: [{}, {}] }).list.length, 2);
});

test("a small line stays in its drawing and leaves gaps", () => {
  assert.equal(sparkline([0, 10], 100, 30), "M0.0 30.0L100.0 0.0");
  assert.equal(sparkline([1, null, 1, 1], 90, 30, 2), "M0.0 15.0M60.0 15.0L90.0 15.0");
  assert.equal(sparkline([5], 100, 30), "");
});

// Days in the shop's zone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { daysBetween, mondayOf, plusDays, rangeLabel, rangeOf, today } from "../../web/dashboards/scripts/lib/dates.js";

test("today is the shop's day, not the browser's", () => {
  const late = new Date("2026-11-23T23:30:00Z");
  assert.equal(today(late, "UTC"), "2026-11-23");
  assert.equal(today(late, "Europe/Berlin"), "2026-11-24");
  assert.equal(today(late, "America/New_York"), "2026-11-23");
});

test("a range of n days has n days, today the last", () => {
  const now = new Date("2026-03-30T12:00:00Z");
  for (const [range, days] of [["today", 1], ["7d", 7], ["30d", 30], ["90d", 90]]) {
    const { from, to } = rangeOf({ range }, now, "Europe/Berlin");
    assert.equal(to, "2026-03-30");
    assert.equal(daysBetween(from, to), days);
  }
});

test("days are counted over clock changes, leap days and years", () => {
  assert.equal(plusDays("2026-03-28", 2), "2026-03-30");
  assert.equal(plusDays("2028-02-28", 1), "2028-02-29");
  assert.equal(daysBetween("2025-12-31", "2026-01-01"), 2);
});

test("a week begins on its Monday", () => {
  assert.equal(mondayOf("2026-11-23"), "2026-11-23");
  assert.equal(mondayOf("2026-11-29"), "2026-11-23");
  assert.equal(mondayOf("2026-11-22"), "2026-11-16");
});

test("a label names the year once where there is one", () => {
  assert.equal(rangeLabel("2026-10-25", "2026-11-23"), "25 Oct – 23 Nov 2026");
  assert.equal(rangeLabel("2025-12-31", "2026-01-01"), "31 Dec 2025 – 1 Jan 2026");
  assert.equal(rangeLabel("2026-01-01", "2026-01-01"), "1 Jan 2026");
});

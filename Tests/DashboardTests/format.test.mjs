// How numbers read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, change, count, exact, money, percent, points, span } from "../../web/dashboards/scripts/lib/format.js";

test("counts up to 10,000 are exact, beyond they are short", () => {
  const cases = [[0, "0"], [9999, "9,999"], [10_000, "10,000"], [10_001, "10k"], [12_949, "12.9k"], [99_949, "99.9k"], [99_960, "100k"], [999_400, "999k"], [999_600, "1M"], [1_284_220, "1.3M"], [2.5e9, "2.5B"], [-12_300, "-12.3k"]];
  for (const [n, text] of cases) assert.equal(count(n), text, String(n));
});

test("zero and unknown look different", () => {
  assert.equal(exact(0), "0");
  for (const nothing of [null, undefined, Number.NaN]) {
    assert.equal(count(nothing), "–");
    assert.equal(exact(nothing), "–");
    assert.equal(percent(nothing), "–");
    assert.equal(span(nothing), "–");
  }
});

test("a share that is not nothing is not shown as 0%, and one that is not all not as 100%", () => {
  assert.equal(percent(0), "0%");
  assert.equal(percent(0.0001), "<0.1%");
  assert.equal(percent(0.9999), ">99.9%");
  assert.equal(percent(1), "100%");
  assert.equal(percent(0.158), "15.8%");
});

test("a change has a sign and an arrow, and none where nothing was", () => {
  assert.deepEqual(change(110, 100), { sign: 1, arrow: "↑", text: "+10%" });
  assert.deepEqual(change(95, 100), { sign: -1, arrow: "↓", text: "−5%" });
  assert.equal(change(5, 0).text, "new");
  assert.equal(change(0, 0).sign, 0);
  assert.equal(change(5, null), null);
  assert.equal(change(5000, 100).text, "×50");
});

test("shares change in points", () => {
  assert.deepEqual(points(0.61, 0.7), { sign: -1, arrow: "↓", text: "−9.0 pts" });
  assert.equal(points(0.5, 0.50001).sign, 0);
});

test("a span has two units at most", () => {
  const cases = [[0, "0 s"], [40, "0.1 s"], [940, "0.9 s"], [94_000, "1 min 34 s"], [3_600_000, "1 h"], [86_400_000 * 1.5, "1 d 12 h"], [86_400_000 * 30, "30 d"], [43 * 60_000 + 5000, "43 min"]];
  for (const [ms, text] of cases) assert.equal(span(ms), text, String(ms));
});

test("ago says how long in one unit", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  assert.equal(ago("2026-11-23T11:59:59.500Z", now), "just now");
  assert.equal(ago("2026-11-23T11:57:30Z", now), "2 min ago");
  assert.equal(ago("nonsense", now), "–");
});

test("money keeps its currency and its cents", () => {
  assert.equal(money({ currency: "EUR", amount: 1234.5 }), "1,234.50 EUR");
  assert.equal(money({ currency: null, amount: 0.1234 }), "0.1234");
  assert.equal(money({ currency: "EUR", amount: 251_003 }, true), "251k EUR");
});

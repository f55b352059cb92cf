// A funnel's steps in the address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canAdd, moved, readSteps, showOf, without, writeSteps } from "../../web/dashboards/scripts/lib/steps.js";

test("names with commas, per cents and anything else are read as they were written", () => {
  const steps = ["view_product", "event:Hello, you", "event:50%2C", "event:<b>"];
  assert.deepEqual(readSteps(writeSteps(steps)), steps);
});

test("a step moves by one and not beyond the ends", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  const same = ["a", "b"];
  for (const [from, to] of [[0, -1], [1, 2], [0, 0], [5, 0]]) assert.equal(moved(same, from, to), same);
});

test("the last step cannot be removed, and there are ten at most", () => {
  assert.deepEqual(without(["a"], 0), ["a"]);
  assert.deepEqual(without(["a", "b"], 0), ["b"]);
  assert.equal(canAdd(Array(10).fill("a")), false);
  assert.equal(readSteps(Array(40).fill("a").join(",")).length, 10);
});

test("only a part that there is can be shown", () => {
  assert.deepEqual(showOf("2.left", 4), { step: 2, state: "left" });
  for (const text of ["", "0.left", "5.left", "2.gone", "x", "2", "1.5.left"]) assert.equal(showOf(text, 4), null, text);
});

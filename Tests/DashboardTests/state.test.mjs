// The address and what it means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { onPage, PAGES, read, withFilter, write } from "../../web/dashboards/scripts/lib/state.js";

const at = (address) => {
  const url = new URL(address, "http://shop.example");
  return read(url.pathname, url.search);
};

test("an address with nothing in it is the overview of 30 days against the period before", () => {
  const state = at("/");
  assert.deepEqual([state.page, state.range, state.compare, state.own.metric], ["overview", "30d", "previous", "visitors"]);
  assert.equal(write(state), "/");
});

test("what is written is read again, whatever a value holds", () => {
  const nasty = ["a&b=c", "100% wool", "?x#y", "ü/ö", "<script>", "a+b c", "\"'"];
  for (const value of nasty) {
    const state = withFilter({ ...at("/products?sort=rate"), range: "custom", from: "2026-01-02", to: "2026-02-03", compare: "year" }, "campaign", [value, "x"]);
    assert.deepEqual(at(write(state)), state, value);
  }
});

test("a visitor's name survives its address", () => {
  for (const visitor of ["a:x1", "u:ada@shop.example", "a:../..", "a:50%", "a:ü ö", "a:x?y#z"]) {
    assert.equal(at(write(onPage(at("/"), "journey", {}, visitor))).visitor, visitor);
  }
});

test("impossible parts of an address become their defaults", () => {
  for (const query of ["from=2026-02-30&to=2026-03-01", "from=2026-03-02&to=2026-03-01", "from=x&to=y", "range=forever", "compare=never", "signed_in=perhaps"]) {
    assert.equal(write(at(`/?${query}`)), "/", query);
  }
});

test("an unknown page is no page, and /overview is not a second address of the first", () => {
  assert.equal(at("/nothing").page, null);
  assert.equal(at("/overview").page, null);
  for (const page of PAGES.slice(1)) assert.equal(at(`/${page}`).page, page);
});

test("range and filters go along to another page, a page's own choices do not", () => {
  const next = write(onPage(at("/products?range=7d&device=phone&device=tablet&sort=rate"), "funnel"));
  assert.equal(next, "/funnel?range=7d&device=phone&device=tablet");
});

// A table as a file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf } from "../../web/dashboards/scripts/lib/csv.js";

const columns = [{ name: "Term", cell: (row) => row.term }, { name: "Times", cell: (row) => row.times }];
const line = (term, times = "1") => csvOf(columns, [{ term, times }]).split("\r\n")[1];

test("a file begins with a byte order mark and its heads, and ends its last line", () => {
  assert.equal(csvOf(columns, []), "\uFEFFTerm,Times\r\n");
});

test("a formula is a text, a number is a number", () => {
  assert.equal(line("=cmd|'/c calc'!A1"), "'=cmd|'/c calc'!A1,1");
  assert.equal(line("+x"), "'+x,1");
  assert.equal(line("@a"), "'@a,1");
  assert.equal(line("rug", "1,284,220"), "rug,1284220");
  assert.equal(line("rug", "−5"), "rug,-5");
  assert.equal(line("rug", "–"), "rug,");
});

test("commas, quotes and line breaks stay in their cell", () => {
  assert.equal(line('a "b", c'), '"a ""b"", c",1');
  assert.equal(csvOf(columns, [{ term: "a\nb", times: "1" }]), '\uFEFFTerm,Times\r\n"a\nb",1\r\n');
});

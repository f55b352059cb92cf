// A share in a table's cell, with a bar beside it; the largest of the column fills it.

import { el } from "../lib/dom.js";
import { known, percent, UNKNOWN } from "../lib/format.js";

export function rateCells(rows, of) {
  const top = Math.max(...rows.map(of).filter(known), 0.001);
  return (row) => {
    const rate = of(row);
    return known(rate) ? el("span.rate", { style: { "--part": Math.min(rate / top, 1) } }, el("i"), percent(rate)) : UNKNOWN;
  };
}

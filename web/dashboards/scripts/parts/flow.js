// The ledger as a flow: received, stored, sent, written, counted; beside each what was refused, doubled or set aside.

import { el } from "../lib/dom.js";
import { count, exact } from "../lib/format.js";
import { icon } from "../lib/icons.js";

const REASONS = { not_json: "not JSON", not_object: "not an object", not_utf8: "not UTF-8", too_large: "too large", too_deep: "too deep", bad_number: "bad number", bad_field: "bad field", full: "outbox full" };

// [name, what it says, count, [[what went another way, count, whether that is bad], …]]
function boxes({ consumer, rollups, dead_letters: letters }, ledger) {
  const list = [];
  if (ledger !== null) {
    const rejected = Object.entries(ledger.rejected ?? {}).filter(([, n]) => n > 0);
    list.push(["Received", rejected.length > 0 ? "from every sender; refused:" : "from every sender", ledger.received, [...rejected.map(([code, n]) => [REASONS[code] ?? code, n]), ["being written", ledger.pending], ["datagrams lost", ledger.datagrams_lost, true]]]);
    list.push(["Stored", "on this host's disk, synced", ledger.stored, [["waiting", ledger.outbox], ["set aside", ledger.dead, true], ["dropped by hand", ledger.dropped], ["lost", ledger.lost, true]]]);
    list.push(["Sent", "acknowledged by what comes next", ledger.forwarded, []]);
  }
  list.push(["Consumed", "read on the other side", consumer.consumed, [["doubles", consumer.duplicates], ["set aside", letters?.consumer ?? consumer.dead, true], ["skipped", consumer.skipped, true]]]);
  list.push(["Written", "in MongoDB, each once", consumer.inserted, []]);
  list.push(["Counted", "in these pages", rollups.rolled_up, [["robots", rollups.robots], ["without a visitor", rollups.without_visitor], ["too late to count", rollups.late_frozen, true]]]);
  return list;
}

export function flow(report, ledger) {
  const list = boxes(report, ledger);
  return el(`ol.flow${list.length < 6 ? ".short" : ""}`, {}, list.map((one) => box(...one)));
}

export function ledgerRows(report, ledger) {
  const rows = boxes(report, ledger).flatMap(([name, , n, sides]) => [{ name, n }, ...sides.map(([text, amount]) => ({ name: `${name}: ${text}`, n: amount }))]);
  return { columns: [{ name: "Ledger", head: true, cell: (row) => row.name }, { name: "Events", n: true, cell: (row) => exact(row.n) }], rows };
}

function box(name, what, n, sides) {
  const rows = sides.map(([text, amount, bad]) => el(`div${amount > 0 ? (bad ? ".bad" : ".some") : ""}`, {}, el("dt", {}, text), el("dd", { title: exact(amount) }, count(amount))));
  return el("li", {}, el("h3", {}, name), el("div.num", { title: exact(n) }, n < 100_000_000 ? exact(n) : count(n)), el("p", {}, what), rows.length === 0 ? null : el("dl.side", {}, rows));
}

// The sums that must hold; each says whether it does.
export function sums({ events, rollups, consumer }, ledger) {
  const list = [];
  const sum = (name, whole, parts) => list.push(line(name, whole, parts));
  if (ledger !== null) {
    const rejected = Object.values(ledger.rejected ?? {}).reduce((total, n) => total + n, 0);
    sum("received", ledger.received, [["stored", ledger.stored], ["refused", rejected], ["being written", ledger.pending]]);
    sum("stored", ledger.stored, [["sent", ledger.forwarded], ["waiting", ledger.outbox], ["set aside", ledger.dead], ["dropped", ledger.dropped], ["lost", ledger.lost]]);
  }
  sum("consumed", consumer.consumed, [["written", consumer.inserted], ["doubles", consumer.duplicates], ["set aside", consumer.dead], ...(ledger?.consumer_pending > 0 ? [["being written", ledger.consumer_pending]] : [])]);
  if (rollups.marks === 0) sum("in MongoDB", events.stored, [["counted", rollups.rolled_up]]);
  return el("ul.sums", {}, list);
}

function line(name, whole, parts) {
  const holds = whole === parts.reduce((total, [, n]) => total + n, 0);
  return el(`li${holds ? "" : ".worse"}`, {}, icon(holds ? "order" : "warn", 16), el("span", {}, el("b", {}, `${exact(whole)} ${name}`), " = ", parts.map(([text, n], index) => `${index === 0 ? "" : " + "}${exact(n)} ${text}`).join(""), holds ? "" : " does not hold"));
}

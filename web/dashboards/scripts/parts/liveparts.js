// The parts of the live page, drawn once and then changed in place: a redraw a second would take focus and scroll away.

import { clock } from "../lib/dates.js";
import { el, refill } from "../lib/dom.js";
import { exact } from "../lib/format.js";
import { exportOf } from "../lib/query.js";
import { plural } from "../lib/words.js";
import { eventRow, visitorRow } from "./feed.js";
import { nothing, panel } from "./panel.js";
import { nameAxis, numberAxis, plot, redraw } from "./plot.js";
import { rankBars } from "./rankbars.js";

const NEWEST = 50;

export function liveParts(ctx, report, query) {
  const { timezone } = report.period;
  let numbers = report;
  let paused = false;
  const waiting = [];
  const seen = new Set(report.events.map((event) => event.id));
  const now = el("strong", { id: "visitors-now" }, exact(report.visitors_now));
  const words = el("span.muted", {}, plural(report.visitors_now, "visitor now", "visitors now"));
  const half = el("p.small.muted", {}, halfHour(report));
  const feed = el("ol.feed.long", { id: "feed", tabindex: "0", "aria-label": "Newest events" });
  const here = el("ul.feed");
  const viewed = el("div");
  const connection = el("span.small.muted", { role: "status" }, "Connecting…");
  const pause = el("button.tool", { type: "button", id: "pause", "aria-pressed": "false", "data-key": "pause", onclick: () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) add(waiting.splice(0));
    label();
  } }, "Pause");
  const label = () => (pause.textContent = paused ? (waiting.length === 0 ? "Paused, go on" : `Go on (${exact(waiting.length)} new)`) : "Pause");
  const configure = (c) => minutesChart(c, numbers, timezone);
  const chart = plot(ctx, { label: "Visitors by the minute, the last 30 minutes, bars.", height: "low", said: (index) => `${clock(numbers.minutes[index].start, timezone)}: ${exact(numbers.minutes[index].visitors)} visitors, ${exact(numbers.minutes[index].events)} events`, configure });
  const minuteColumns = [{ name: "Minute", head: true, cell: (row) => clock(row.start, timezone) }, { name: "Visitors", n: true, cell: (row) => exact(row.visitors) }, { name: "Events", n: true, cell: (row) => exact(row.events) }];

  function add(events) {
    feed.querySelector(".nothing")?.remove();
    for (const row of feed.querySelectorAll(".fresh")) row.classList.remove("fresh");
    feed.prepend(...events.slice(-NEWEST).reverse().map((event) => eventRow(ctx, event, timezone, true)));
    while (feed.children.length > NEWEST) feed.lastElementChild.remove();
  }
  function lists() {
    refill(here, numbers.visitors.length === 0 ? nothing("Nobody just now.") : numbers.visitors.slice(0, 12).map((visitor) => visitorRow(ctx, visitor, timezone)));
    refill(viewed, numbers.products.length === 0 ? nothing("No product viewed in 30 minutes.") : rankBars(numbers.products.slice(0, 6).map((row) => ({ name: row.name ?? row.product, value: row.views })), "views"));
  }
  refill(feed, report.events.length === 0 ? nothing("Waiting for the first event…") : report.events.map((event) => eventRow(ctx, event, timezone)));
  lists();

  const nodes = [
    el("div.now", {},
      el("section.card.big", {}, now, words, half),
      panel(ctx, { key: "realtime", title: "Visitors by the minute", note: "The last 30 minutes; the lighter bar is the running one.", csv: exportOf("realtime", query), rows: { columns: minuteColumns, get rows() { return numbers.minutes; } } }, chart)),
    el("div.cols.wide", {},
      panel(ctx, { key: "feed", title: "Newest events", tools: [connection, pause], flush: true }, feed),
      el("div.stack", {}, panel(ctx, { key: "here", title: "There now", flush: true }, here), panel(ctx, { key: "viewed", title: "Viewed in the last 30 minutes" }, viewed))),
  ];
  return {
    nodes,
    arrived(events) {
      const fresh = events.filter((event) => !seen.has(event.id));
      for (const event of fresh) seen.add(event.id);
      if (seen.size > 5000) for (const id of [...seen].slice(0, 2500)) seen.delete(id);
      if (paused) waiting.push(...fresh);
      else add(fresh);
      if (waiting.length > NEWEST * 20) waiting.splice(0, waiting.length - NEWEST * 20);
      label();
    },
    counted(next) {
      numbers = next;
      now.textContent = exact(next.visitors_now);
      words.textContent = plural(next.visitors_now, "visitor now", "visitors now");
      half.textContent = halfHour(next);
      const canvas = chart.querySelector("canvas");
      redraw(canvas, configure);
      if (!paused && !here.contains(document.activeElement)) lists();
    },
    connection(state) {
      connection.textContent = state === "open" ? "" : "Connection lost, trying again";
      connection.classList.toggle("worse", state !== "open");
    },
  };
}

function halfHour({ minutes }) {
  const events = minutes.reduce((sum, minute) => sum + minute.events, 0);
  return `${exact(events)} ${plural(events, "event")} in 30 minutes`;
}

function minutesChart(c, { minutes }, timezone) {
  return {
    type: "bar",
    data: { labels: minutes.map((minute) => clock(minute.start, timezone)), datasets: [{ data: minutes.map((minute) => minute.visitors), backgroundColor: minutes.map((_, index) => (index === minutes.length - 1 ? c.grey : c.bar)), borderRadius: 2, barPercentage: 0.86, categoryPercentage: 1 }] },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: { y: numberAxis(c, exact, { suggestedMax: 4, ticks: { precision: 0, maxTicksLimit: 4 } }), x: nameAxis(c, { ticks: { maxTicksLimit: 7 } }) },
      plugins: { tooltip: { callbacks: { label: (point) => `${exact(point.parsed.y)} visitors, ${exact(minutes[point.dataIndex].events)} events` } } },
    },
  };
}

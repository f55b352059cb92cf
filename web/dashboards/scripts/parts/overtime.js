// One metric over time: this period as a line, the earlier one dashed behind it, the unfinished interval dashed and named.

import { clock, dayLabel, fullDay, plusDays, weekdayLabel } from "../lib/dates.js";
import { count, exact, money, UNKNOWN } from "../lib/format.js";
import { METRIC_NAMES } from "../lib/words.js";
import { panel } from "./panel.js";
import { endLabels, nameAxis, numberAxis, plot } from "./plot.js";

export function overTime(ctx, { metric, currency, unit, list, before, series, csv, report }) {
  const { timezone } = report.period;
  const short = (interval) => (unit === "hour" ? clock(interval.start, timezone) : dayLabel(interval.date));
  const long = (interval) => (unit === "hour" ? `${fullDay(ctxDay(interval.start, timezone))}, ${clock(interval.start, timezone)}` : weekdayLabel(interval.date));
  const shown = (value) => (value === null ? UNKNOWN : metric === "revenue" ? money({ amount: value, currency }) : exact(value));
  const words = { now: "This period", before: ctx.state.compare === "year" ? "A year ago" : "Before" };
  const earlierOf = (index) => before?.list[index] ?? null;
  const said = (index) => `${long(list[index])}${index === series.open ? ", not over yet" : ""}: ${shown(series.current[index])}${series.earlier === null ? "" : `, before ${shown(series.earlier[index])}`}`;
  const name = METRIC_NAMES[metric];

  const columns = [
    { name: unit === "hour" ? "Hour" : "Day", head: true, cell: ({ index }) => long(list[index]) + (index === series.open ? " (not over yet)" : "") },
    { name, n: true, cell: ({ index }) => shown(series.current[index]) },
  ];
  if (series.earlier !== null) {
    columns.push({ name: "Day before it compares with", cell: ({ index }) => (earlierOf(index) === null ? UNKNOWN : unit === "hour" ? clock(earlierOf(index).start, timezone) : weekdayLabel(earlierOf(index).date)) });
    columns.push({ name: words.before, n: true, cell: ({ index }) => shown(series.earlier[index]) });
  }
  const rows = { columns, rows: list.map((_, index) => ({ index })) };
  const note = series.open >= 0 ? `Dashed end: ${long(list[series.open])} is not over yet.` : null;
  return panel(ctx, { key: "overview", title: `${name} by ${unit}${metric === "revenue" && currency ? `, ${currency}` : ""}`, note, csv, rows },
    plot(ctx, { label: `${name} by ${unit}, a line. The table holds the same numbers.`, said, configure: (c) => ({
      type: "line",
      data: { labels: list.map(short), datasets: datasets(c, series, words) },
      options: {
        layout: { padding: { right: innerWidth > 720 ? 84 : 8, top: 8 } },
        interaction: { mode: "index", intersect: false },
        scales: { y: numberAxis(c, count, { suggestedMax: 4, ticks: { precision: metric === "revenue" ? undefined : 0 } }), x: nameAxis(c) },
        plugins: { tooltip: { callbacks: {
          title: ([point]) => (point === undefined ? "" : long(list[point.dataIndex]) + (point.dataIndex === series.open ? " · not over yet" : "")),
          label: (point) => `${point.dataset.words}  ${shown(point.parsed.y)}`,
        } } },
      },
      plugins: innerWidth > 720 ? [endLabels] : [],
    }) }));
}

function datasets(c, { current, earlier, open }, words) {
  const dots = current.length === 1 ? 4 : 0;
  const sets = [{
    data: current, words: words.now, endLabel: words.now, borderColor: c.accent, borderWidth: 2, pointRadius: dots, pointHoverRadius: 4, pointBackgroundColor: c.accent, tension: 0, order: 1,
    segment: { borderDash: (segment) => (segment.p1DataIndex === open ? [4, 4] : undefined) },
  }];
  if (earlier !== null) {
    sets.push({ data: earlier, words: words.before, endLabel: words.before, labelColour: c.muted, borderColor: c.grey, borderWidth: 1.5, borderDash: [5, 4], pointRadius: dots, pointHoverRadius: 3, pointBackgroundColor: c.grey, tension: 0, order: 2 });
  }
  return sets;
}

function ctxDay(instant, timezone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(instant));
  return plusDays(parts, 0);
}

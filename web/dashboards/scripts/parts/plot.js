// Chart.js, dressed: the page's colours and type, no legend but words at the line's end, arrow keys from point to point.

import { el, speak } from "../lib/dom.js";

const live = new Set();

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: of("ink"), muted: of("muted"), faint: of("faint"), line: of("line"), accent: of("accent"), bar: of("bar"), grey: of("grey"), surface: of("surface"), worse: of("worse") };
}

// configure(colours) gives Chart.js its type, data, options and plugins; said(index) is what a point says aloud.
export function plot(ctx, { label, height = "", configure, said = null }) {
  const canvas = el("canvas", { role: "img", "aria-label": label, tabindex: said === null ? null : "0" });
  const box = el(`div.plot${height === "" ? "" : `.${height}`}`, {}, canvas);
  ctx.mounts.push(() => mount(canvas, configure, said));
  return box;
}

export function clearPlots() {
  for (const chart of live) chart.destroy();
  live.clear();
}

function mount(canvas, configure, said) {
  const chart = new Chart(canvas, dressed(configure(colours())));
  live.add(chart);
  if (said !== null) canvas.addEventListener("keydown", (event) => step(chart, event, said));
}

// Other numbers in the same chart: nothing is torn down, so that a live chart does not flicker.
export function redraw(canvas, configure) {
  const chart = Chart.getChart(canvas);
  if (chart === undefined) return;
  const next = dressed(configure(colours()));
  chart.data = next.data;
  chart.options = next.options;
  chart.update("none");
}

function dressed(config) {
  const c = colours();
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  Chart.defaults.color = c.muted;
  Chart.defaults.animation = false;
  const options = config.options ?? {};
  options.responsive = true;
  options.maintainAspectRatio = false;
  options.plugins = { ...options.plugins, legend: { display: false } };
  options.plugins.tooltip = {
    backgroundColor: c.ink, titleColor: c.surface, bodyColor: c.surface, padding: 10, cornerRadius: 8, displayColors: false, caretSize: 0,
    titleFont: { weight: "600" }, bodySpacing: 4, ...options.plugins.tooltip,
  };
  return { ...config, options };
}

// An axis of numbers from zero with hairlines, and one of names without.
export function numberAxis(c, format, more = {}) {
  return { beginAtZero: true, border: { display: false }, grid: { color: c.line, drawBorder: false, drawTicks: false }, ...more, ticks: { padding: 8, maxTicksLimit: 5, callback: (value) => format(value), ...more.ticks } };
}

export function nameAxis(c, more = {}) {
  return { grid: { display: false, drawBorder: true, borderColor: c.line }, ...more, ticks: { maxRotation: 0, autoSkipPadding: 24, padding: 6, ...more.ticks } };
}

// Words at the end of each line instead of a legend; two that would touch are pushed apart.
export const endLabels = {
  id: "endLabels",
  afterDatasetsDraw(chart) {
    const labels = chart.data.datasets.map((set, index) => {
      const points = chart.getDatasetMeta(index).data;
      const last = set.data.reduce((at, value, position) => (value === null ? at : position), -1);
      return set.endLabel && last >= 0 ? { text: set.endLabel, y: points[last].y, x: points[last].x, colour: set.labelColour ?? set.borderColor } : null;
    }).filter(Boolean).sort((a, b) => a.y - b.y);
    for (let at = 1; at < labels.length; at += 1) labels[at].y = Math.max(labels[at].y, labels[at - 1].y + 16);
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.font = `500 12px ${Chart.defaults.font.family}`;
    ctx.textBaseline = "middle";
    for (const { text, x, y, colour } of labels) {
      ctx.fillStyle = colour;
      ctx.fillText(text, Math.min(x + 10, chartArea.right + 10), Math.min(Math.max(y, chartArea.top + 6), chartArea.bottom - 6));
    }
    ctx.restore();
  },
};

function step(chart, event, said) {
  const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Escape") return rest(chart);
  if (move === undefined) return;
  event.preventDefault();
  const count = chart.data.labels?.length || chart.data.datasets[0].data.length;
  const at = chart.getActiveElements()[0]?.index;
  const next = at === undefined ? (move > 0 ? 0 : count - 1) : (at + move + count) % count;
  const active = chart.data.datasets.map((set, datasetIndex) => ({ datasetIndex, index: next })).filter(({ datasetIndex }) => chart.data.datasets[datasetIndex].data[next] !== null && chart.data.datasets[datasetIndex].data[next] !== undefined);
  chart.setActiveElements(active);
  chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
  chart.update();
  speak(said(next));
}

function rest(chart) {
  chart.setActiveElements([]);
  chart.tooltip.setActiveElements([], { x: 0, y: 0 });
  chart.update();
}

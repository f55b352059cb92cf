// Views against add rate, a dot a product. What stands out is named on the spot; the two quiet corners say what they mean.

import { exact, count, percent } from "../lib/format.js";
import { colours, nameAxis, numberAxis, plot } from "./plot.js";

const NAMED = 14;
const QUIET = "Seen often, seldom added";
const QUIET_WIDTH = 156;

export function scatter(ctx, report) {
  const rows = report.products.filter((row) => row.rate !== null).slice(0, 1000);
  const named = new Set([...rows].sort((a, b) => Number(b.corner !== null) - Number(a.corner !== null) || b.views - a.views).slice(0, NAMED).map((row) => row.product));
  const text = (row) => `${row.name ?? row.product}: ${exact(row.views)} views, ${percent(row.rate)} added`;
  return plot(ctx, { label: "Products by views and add rate. The table holds the same numbers.", height: "tall", said: (index) => text(rows[index]), configure: (c) => ({
    type: "scatter",
    data: { datasets: [{
      data: rows.map((row) => ({ x: row.views, y: row.rate, row })), pointRadius: 5, pointHoverRadius: 7, borderWidth: 1.5, clip: false,
      pointStyle: rows.map((row) => (row.corner === "seldom_added" ? "rectRot" : "circle")),
      backgroundColor: rows.map((row) => (row.corner === "seldom_added" ? c.worse : c.accent)), borderColor: c.surface,
    }] },
    options: {
      layout: { padding: { top: 20, right: 24 } },
      scales: {
        x: nameAxis(c, { type: "linear", beginAtZero: true, title: { display: true, text: "Views" }, ticks: { callback: (value) => count(value), maxTicksLimit: 7 } }),
        y: numberAxis(c, (value) => percent(value, 0), { title: { display: true, text: "Add rate" }, suggestedMax: 0.1 }),
      },
      plugins: { tooltip: { callbacks: { label: (point) => text(point.raw.row) } } },
    },
    plugins: [corners(report, named)],
  }) });
}

function corners(report, named) {
  return { id: "corners", beforeDatasetsDraw: (chart) => medians(chart, report), afterDatasetsDraw: (chart) => names(chart, named) };
}

function medians(chart, report) {
  const { ctx, chartArea: area, scales } = chart;
  const c = colours();
  ctx.save();
  ctx.strokeStyle = c.grey;
  ctx.setLineDash([3, 4]);
  ctx.beginPath();
  const x = scales.x.getPixelForValue(report.median_views ?? 0);
  const y = scales.y.getPixelForValue(report.median_rate ?? 0);
  ctx.moveTo(x, area.top);
  ctx.lineTo(x, area.bottom);
  ctx.moveTo(area.left, y);
  ctx.lineTo(area.right, y);
  ctx.stroke();
  ctx.font = `500 12px ${Chart.defaults.font.family}`;
  ctx.fillStyle = c.muted;
  ctx.textAlign = "left";
  ctx.fillText("Seldom seen, added often", area.left + 10, area.top - 6);
  ctx.textAlign = "right";
  ctx.fillText(QUIET, area.right - 4, quietAt(chart) + 4);
  ctx.restore();
}

// Where the lower corner's words stand: at the bottom, or higher where dots lie in their way.
function quietAt(chart) {
  const { right, bottom, top } = chart.chartArea;
  const points = chart.getDatasetMeta(0).data;
  for (let y = bottom - 14; y > (top + bottom) / 2; y -= 16) {
    if (!points.some((point) => point.x > right - QUIET_WIDTH - 10 && Math.abs(point.y - y) < 16)) return y;
  }
  return bottom - 14;
}

// A name that would lie on another, or on a dot, is left to the tooltip.
function names(chart, named) {
  const { ctx, chartArea: area } = chart;
  const c = colours();
  const points = chart.getDatasetMeta(0).data;
  const taken = points.map((point) => ({ left: point.x - 6, right: point.x + 6, top: point.y - 6, bottom: point.y + 6 }));
  taken.push({ left: area.right - QUIET_WIDTH, right: area.right, top: quietAt(chart) - 8, bottom: quietAt(chart) + 8 });
  ctx.save();
  ctx.font = `12px ${Chart.defaults.font.family}`;
  ctx.fillStyle = c.ink;
  ctx.textBaseline = "middle";
  chart.data.datasets[0].data.forEach(({ row }, index) => {
    if (!named.has(row.product)) return;
    const whole = row.name ?? row.product;
    const text = whole.length > 28 ? `${whole.slice(0, 27)}…` : whole;
    const width = ctx.measureText(text).width;
    for (const x of [points[index].x + 10, points[index].x - 10 - width]) {
      const box = { left: x, right: x + width, top: points[index].y - 7, bottom: points[index].y + 7 };
      if (box.left < area.left || box.right > area.right + 20 || taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) continue;
      taken.push(box);
      ctx.fillText(text, x, points[index].y);
      break;
    }
  });
  ctx.restore();
}

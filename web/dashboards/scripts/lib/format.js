// How numbers read. Pure. Zero, unknown and "not yet" look different: "0", "–" and "…".

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const UNITS = [[1e9, "B"], [1e6, "M"], [1e3, "k"]];

export const UNKNOWN = "–";
export const exact = (n) => (known(n) ? GROUPED.format(n) : UNKNOWN);
export const known = (n) => typeof n === "number" && Number.isFinite(n);

// Above 10,000 three digits and a unit; what is short is never wrong by more than half its last digit.
export function count(n) {
  if (!known(n)) return UNKNOWN;
  const size = Math.abs(n);
  if (size <= 10_000) return GROUPED.format(n);
  for (const [unit, name] of UNITS) {
    if (size < unit * 0.9995) continue;
    const scaled = n / unit;
    return `${scaled.toFixed(Math.abs(scaled) >= 99.95 ? 0 : 1).replace(/\.0$/, "")}${name}`;
  }
  return GROUPED.format(n);
}

export function percent(rate, digits = 1) {
  if (!known(rate)) return UNKNOWN;
  const text = (rate * 100).toFixed(digits).replace(/\.0+$/, "");
  if (rate > 0 && Number(text) === 0) return `<${(10 ** -digits).toFixed(digits)}%`;
  if (rate < 1 && Number(text) === 100) return `>${(100 - 10 ** -digits).toFixed(digits)}%`;
  return `${text}%`;
}

// What became more or less, against what was: {sign, arrow, text}, null where there is nothing to compare with.
export function change(now, before) {
  if (!known(now) || !known(before)) return null;
  if (now === before) return { sign: 0, arrow: "→", text: "0%" };
  const sign = now > before ? 1 : -1;
  const arrow = sign > 0 ? "↑" : "↓";
  if (before === 0) return { sign, arrow, text: "new" };
  const by = Math.abs(now - before) / Math.abs(before);
  const text = by >= 10 ? `×${(now / before).toFixed(0)}` : `${sign > 0 ? "+" : "−"}${percent(by, by < 0.1 ? 1 : 0)}`;
  return { sign, arrow, text };
}

// The change of a share, in percentage points.
export function points(now, before) {
  if (!known(now) || !known(before)) return null;
  const by = (now - before) * 100;
  const text = Math.abs(by).toFixed(1);
  if (text === "0.0") return { sign: 0, arrow: "→", text: "0 pts" };
  return { sign: Math.sign(by), arrow: by > 0 ? "↑" : "↓", text: `${by > 0 ? "+" : "−"}${text} pts` };
}

const SPANS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];

// Two units at most: "1 d 4 h", "12 min", "0.4 s".
export function span(ms) {
  if (!known(ms)) return UNKNOWN;
  if (ms < 1000) return ms === 0 ? "0 s" : `${Math.max(ms / 1000, 0.1).toFixed(1)} s`;
  const first = SPANS.findIndex(([unit]) => ms >= unit);
  const [unit, name] = SPANS[first];
  const whole = Math.floor(ms / unit);
  const next = SPANS[first + 1];
  const rest = next === undefined || whole >= 10 ? 0 : Math.floor((ms - whole * unit) / next[0]);
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${next[1]}`;
}

export function ago(instant, now) {
  const ms = now - Date.parse(instant);
  if (Number.isNaN(ms)) return UNKNOWN;
  return ms < 2000 ? "just now" : `${span(ms).split(" ").slice(0, 2).join(" ")} ago`;
}

// One amount; currencies are never added up.
export function money(entry, short = false) {
  const { currency, amount } = entry;
  if (!known(amount)) return UNKNOWN;
  const whole = short && Math.abs(amount) >= 1000;
  const text = short && Math.abs(amount) > 10_000 ? count(amount)
    : amount.toLocaleString("en-US", { minimumFractionDigits: whole ? 0 : 2, maximumFractionDigits: whole ? 0 : 4 });
  return currency === null || currency === undefined ? text : `${text} ${currency}`;
}

// The largest first, since that is the shop's own.
export const byAmount = (list) => [...(list ?? [])].sort((a, b) => b.amount - a.amount);
export const amountIn = (list, currency) => (list ?? []).find((entry) => entry.currency === currency)?.amount ?? 0;

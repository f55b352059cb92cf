// Days and ranges in the shop's time zone, as dates ("2026-11-23"). Pure: what the time is, the caller says.

const DAY = 86_400_000;
const LENGTHS = { today: 1, "7d": 7, "30d": 30, "90d": 90 };
export const RANGE_NAMES = { today: "Today", "7d": "7 days", "30d": "30 days", "90d": "90 days", custom: "Custom" };

export function today(now, timezone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(now);
  const of = (type) => parts.find((part) => part.type === type).value;
  return `${of("year")}-${of("month")}-${of("day")}`;
}

export function plusDays(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY) + 1;
}

// The Monday on or before a day: a week that is cut would look like one in which few came.
export function mondayOf(date) {
  return plusDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));
}

// First and last day, both included.
export function rangeOf(state, now, timezone) {
  if (state.range === "custom") return { from: state.from, to: state.to };
  const to = today(now, timezone);
  return { from: plusDays(to, 1 - LENGTHS[state.range]), to };
}

const of = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const DAY_MONTH = of({ day: "numeric", month: "short" });
const WEEKDAY = of({ weekday: "short", day: "numeric", month: "short" });
const FULL = of({ day: "numeric", month: "short", year: "numeric" });
const at = (date) => new Date(`${date}T00:00:00Z`);

export const dayLabel = (date) => DAY_MONTH.format(at(date));
export const weekdayLabel = (date) => WEEKDAY.format(at(date));
export const fullDay = (date) => FULL.format(at(date));

// "25 Oct – 23 Nov 2026", the year once where it is one.
export function rangeLabel(from, to) {
  if (from === to) return fullDay(from);
  return from.slice(0, 4) === to.slice(0, 4) ? `${dayLabel(from)} – ${fullDay(to)}` : `${fullDay(from)} – ${fullDay(to)}`;
}

export function clock(instant, timezone, seconds = false) {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return "–";
  return new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) }).format(time);
}

export function moment(instant, timezone) {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return "–";
  return new Intl.DateTimeFormat("en-GB", { timeZone: timezone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(time);
}

// What a state asks the server: the parameters of its report, which are those of its export too. Pure.

import { rangeOf } from "./dates.js";
import { FILTERS } from "./state.js";

export function queryOf(state, clock, extra = {}, parts = { range: true, compare: true, filters: true }) {
  const query = new URLSearchParams();
  if (parts.range) {
    const { from, to } = rangeOf(state, clock.now, clock.timezone);
    query.set("from", from);
    query.set("to", to);
  }
  if (parts.compare && state.compare !== "off") query.set("compare", state.compare);
  if (parts.filters) for (const name of FILTERS) for (const value of state.filters[name] ?? []) query.append(name, value);
  for (const [name, value] of Object.entries(extra)) if (value !== null && value !== undefined && value !== "") query.set(name, value);
  return query.toString();
}

export const exportOf = (list, query) => `/export/${list}.csv?${query}`;

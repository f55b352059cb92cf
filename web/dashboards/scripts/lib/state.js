// What a page shows is its address, whole: page, range, comparison, filters and the page's own choices.
// Pure: an address to a state and back. What is the default is left out of the address, so that links stay short.

export const PAGES = ["overview", "funnel", "products", "searches", "wishlist", "live", "journey", "retention", "trust"];
export const FILTERS = ["device", "referrer", "campaign", "signed_in", "product"];
export const PRESETS = ["today", "7d", "30d", "90d"];
export const DEFAULT_PRESET = "30d";
export const STEPS = ["view_product", "add_to_cart", "proceed_to_checkout", "order"];

// The page's own choices and what they are when the address says nothing.
export const OWN = {
  overview: { metric: "visitors" },
  funnel: { steps: STEPS.join(","), window: "1d", mode: "ordered", breakdown: "device", show: "" },
  products: { sort: "-views", limit: "100" },
  searches: { sort: "-searches", limit: "100" },
  wishlist: { sort: "-added", limit: "100" },
  live: {}, journey: {}, retention: {}, trust: {},
};
const COMPARISONS = ["previous", "year", "off"];
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export function isDate(text) {
  if (!DATE.test(text ?? "")) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

// Anything an address can hold gives a sound state: what cannot be is its default.
export function read(path, query) {
  const [first, ...rest] = path.split("/").filter(Boolean);
  const page = first === undefined ? "overview" : first;
  const known = PAGES.includes(page) && (page !== "overview" || first === undefined);
  const asked = new URLSearchParams(query);
  const from = asked.get("from");
  const to = asked.get("to");
  const custom = isDate(from) && isDate(to) && from <= to;
  const preset = asked.get("range");
  const compare = asked.get("compare");
  const state = {
    page: known ? page : null,
    visitor: page === "journey" && rest.length > 0 ? decode(rest.join("/")) : null,
    range: custom ? "custom" : PRESETS.includes(preset) ? preset : DEFAULT_PRESET,
    from: custom ? from : null,
    to: custom ? to : null,
    compare: COMPARISONS.includes(compare) ? compare : "previous",
    filters: {},
    own: {},
  };
  for (const name of FILTERS) {
    const values = [...new Set(asked.getAll(name).filter((value) => value !== ""))];
    if (name === "signed_in") state.filters[name] = values.filter((value) => value === "true" || value === "false").slice(0, 1);
    else state.filters[name] = values;
  }
  for (const [name, fallback] of Object.entries(OWN[state.page] ?? {})) state.own[name] = asked.get(name) || fallback;
  return state;
}

export function write(state) {
  const query = new URLSearchParams();
  if (state.range === "custom") {
    query.set("from", state.from);
    query.set("to", state.to);
  } else if (state.range !== DEFAULT_PRESET) query.set("range", state.range);
  if (state.compare !== "previous") query.set("compare", state.compare);
  for (const name of FILTERS) for (const value of state.filters[name] ?? []) query.append(name, value);
  for (const [name, fallback] of Object.entries(OWN[state.page] ?? {})) {
    const value = state.own[name];
    if (value !== undefined && value !== fallback && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return pathOf(state) + (text === "" ? "" : `?${text}`);
}

// Another page, or the same with other choices: range, comparison and filters go along, a page's own choices do not.
export function onPage(state, page, own = {}, visitor = null) {
  return { ...state, page, visitor, own: { ...(OWN[page] ?? {}), ...own } };
}

export function withOwn(state, own) {
  return { ...state, own: { ...state.own, ...own } };
}

export function withFilter(state, name, values) {
  return { ...state, filters: { ...state.filters, [name]: values } };
}

function pathOf(state) {
  if (state.page === "overview") return "/";
  if (state.visitor !== null) return `/${state.page}/${encodeURIComponent(state.visitor)}`;
  return `/${state.page}`;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

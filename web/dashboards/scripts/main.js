// From an address to a page and back: reads the state, fetches the page's report, draws it, and keeps it fresh.
// A change of state is a step in the history; what is shown stays (dimmed) until its successor is there.

import { get, serverNow } from "./lib/api.js";
import { el, keepingFocus, refill } from "./lib/dom.js";
import { onPage, read, write } from "./lib/state.js";
import { PAGE_NAMES } from "./lib/words.js";
import { tableKey } from "./parts/panel.js";
import { clearPlots } from "./parts/plot.js";
import { drawRail } from "./parts/rail.js";
import { emptyShop, failed, noMatch, skeleton, staleBanner } from "./parts/states.js";
import { drawFresh, drawTop } from "./parts/top.js";
import { pages } from "./pages/all.js";

const FRESH_EVERY = 30_000;
const main = document.getElementById("main");
const body = el("div.body");
let running = null;
let stop = null;
let shown = null;

const ctx = {
  state: read(location.pathname, location.search),
  about: { name: "Shop", timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, collector: null, needs_key: false },
  clock: { get now() { return new Date(serverNow()); }, get timezone() { return ctx.about.timezone; } },
  updated: null, names: new Map(), opened: new Set(), mounts: [],
  go(state, { quiet = false } = {}) {
    const address = write(state);
    if (address !== location.pathname + location.search) history.pushState(null, "", address);
    show(state, quiet);
  },
  href: (page, own, visitor) => write(onPage(ctx.state, page, own, visitor)),
  again: () => fetchAndDraw(),
};

function show(state, quiet = false) {
  const page = pages[state.page];
  const moved = shown !== state.page || state.visitor !== ctx.state.visitor;
  ctx.state = state;
  document.title = `${page === undefined ? "Not found" : PAGE_NAMES[state.page]} · ${ctx.about.name}`;
  drawRail(document.getElementById("rail"), state);
  keepingFocus(document.getElementById("top"), () => drawTop(document.getElementById("top"), ctx, page?.uses ?? {}));
  if (moved) {
    stopPage();
    const title = el("h1", { tabindex: "-1" }, page === undefined ? "There is no such page" : PAGE_NAMES[state.page]);
    refill(main, el("div.head", {}, title, page?.lead ? el("p", {}, page.lead) : null), body);
    refill(body, page === undefined ? el("p", {}, el("a.link", { href: "/" }, "To the overview")) : skeleton(page.bones));
    if (shown !== null) {
      scrollTo(0, 0);
      title.focus({ preventScroll: true });
    }
    shown = state.page;
    body.dataset.drawn = "";
  }
  if (page !== undefined && !quiet) fetchAndDraw();
}

async function fetchAndDraw() {
  const page = pages[ctx.state.page];
  if (page === undefined) return;
  running?.abort();
  const own = (running = new AbortController());
  main.setAttribute("aria-busy", "true");
  try {
    const data = await page.load(ctx, own.signal);
    if (own.signal.aborted) return;
    ctx.updated = data?.updated ?? data?.report?.updated ?? ctx.updated;
    if (!data?.inPlace || body.dataset.drawn !== "whole") draw(page, data);
  } catch (error) {
    if (own.signal.aborted || error.name === "AbortError") return;
    console.debug(error);
    fail(error);
  }
  main.removeAttribute("aria-busy");
  drawFresh(ctx);
}

function draw(page, data) {
  stopPage();
  main.querySelector(".banner")?.remove();
  const content = page.isEmpty?.(data) ? (data.never ? emptyShop(ctx, ctx.again) : noMatch(ctx)) : page.draw(ctx, data);
  keepingFocus(body, () => refill(body, content));
  for (const mount of ctx.mounts.splice(0)) mount();
  stop = page.start?.(ctx, body, data) ?? null;
  body.dataset.drawn = "whole";
}

function fail(error) {
  const again = () => fetchAndDraw();
  if (body.dataset.drawn === "whole" && error.passing) {
    main.querySelector(".banner")?.remove();
    body.before(staleBanner(ctx, error, again));
  } else {
    stopPage();
    refill(body, failed(error, again));
    body.dataset.drawn = "";
  }
}

function stopPage() {
  stop?.();
  stop = null;
  clearPlots();
  ctx.mounts.length = 0;
}

// A link within these pages is a step, not a new page; anything else is the browser's.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.hasAttribute("download") || link.target !== "" || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  const state = read(link.pathname, link.search);
  if (state.page === null) return;
  event.preventDefault();
  ctx.go(state);
});
addEventListener("popstate", () => show(read(location.pathname, location.search)));
document.addEventListener("appearance", () => fetchAndDraw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => fetchAndDraw());
setInterval(() => drawFresh(ctx), 1000);
setInterval(() => {
  const busy = document.querySelector(".menu") !== null || body.contains(document.activeElement) && /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
  if (document.visibilityState === "visible" && !busy && pages[ctx.state.page]?.fresh !== false) fetchAndDraw();
}, FRESH_EVERY);
tableKey(main);

show(ctx.state, true);
get("about", "").then((about) => Object.assign(ctx.about, about), () => null).finally(() => show(ctx.state));

// The rail (on a phone the bar): where one can go. Range, comparison and filters go along.

import { el, refill } from "../lib/dom.js";
import { brand, icon } from "../lib/icons.js";
import { onPage, PAGES, write } from "../lib/state.js";
import { PAGE_NAMES } from "../lib/words.js";

const ON_PHONE = new Set(["overview", "funnel", "products", "live"]);

export function drawRail(rail, state) {
  const links = PAGES.map((page) =>
    el(`a.to${ON_PHONE.has(page) ? "" : ".later"}`, { href: write(onPage(state, page)), "aria-current": state.page === page ? "page" : null, title: PAGE_NAMES[page], "data-key": `to-${page}` },
      icon(page), el("span", {}, PAGE_NAMES[page]), page === "live" ? el("i.pulse", { "aria-hidden": "true" }) : null));
  const more = el("button.more", { type: "button", "aria-expanded": "false", onclick: () => {
    const open = rail.classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
  } }, icon("more"), el("span", {}, "More"));
  rail.classList.remove("open");
  refill(rail,
    el("a.brand", { href: "/", "aria-label": "clickd, overview" }, brand(), el("span", {}, "clickd")),
    links, more,
    el("div.foot", {},
      el("a", { href: "/clickd.pbids", title: "Power BI", download: true }, icon("connect", 16), el("span", {}, "Open in Power BI")),
      themeSwitch()));
}

function themeSwitch() {
  const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = el("span", {}, dark() ? "Light appearance" : "Dark appearance");
  return el("button", { type: "button", id: "theme", title: "Appearance", "data-key": "theme", onclick: () => {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("clickd.theme", next);
    } catch {
      // no storage: it holds until the page is left
    }
    label.textContent = next === "dark" ? "Light appearance" : "Dark appearance";
    document.dispatchEvent(new Event("appearance"));
  } }, icon("theme", 16), label);
}

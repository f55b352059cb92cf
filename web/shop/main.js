// The shop: which page an address means, and what a click does. Pages are in pages.js and buying.js, the drawer beside
// them in drawer.js, what clickd is told in track.js.
import { SECTIONS, productOf } from "./catalogue.js";
import * as basket from "./basket.js";
import { cart, checkout, thanks } from "./buying.js";
import { category, home, missing, product, search, wishlist } from "./pages.js";
import { wishButton } from "./cards.js";
import { html, put } from "./markup.js";
import { startDrawer } from "./drawer.js";
import * as track from "./track.js";

const $ = (selector, within = document) => within.querySelector(selector);
const main = $("#main");

const ROUTES = [
  [/^\/shop\/?$/, home],
  [/^\/shop\/c\/([\w-]+)$/, category],
  [/^\/shop\/p\/([\w-]+)$/, product],
  [/^\/shop\/search$/, () => search((new URLSearchParams(location.search).get("q") || "").trim())],
  [/^\/shop\/cart$/, cart],
  [/^\/shop\/wishlist$/, wishlist],
  [/^\/shop\/checkout$/, checkout],
  [/^\/shop\/thanks\/([\w-]+)$/, thanks],
];

function pageAt(path) {
  for (const [pattern, page] of ROUTES) {
    const found = pattern.exec(path);
    if (found) return page(...found.slice(1));
  }
  return missing();
}

// The page at the address. Arriving moves the focus to its heading; redrawing leaves it where it is.
function show(arriving) {
  const page = pageAt(location.pathname);
  const focused = document.activeElement && main.contains(document.activeElement) && document.activeElement.dataset;
  const again = focused && focused.action && `[data-action="${focused.action}"][data-id="${focused.id}"]`;
  put(main, page.markup);
  document.title = `${page.title} · Norrvik`;
  for (const link of document.querySelectorAll(".sections a")) {
    const isHere = link.getAttribute("href") === location.pathname;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!location.pathname.endsWith("/search")) $("#search").reset();
  if (arriving) page.arrived();
  else if (again) ($(again, main) || $("h1", main)).focus();
}

function go(address) {
  history.pushState(null, "", address);
  show(true);
  scrollTo(0, 0);
  $("h1", main).focus({ preventScroll: true });
}

let hiding = 0;
function say(words, link, label) {
  put($("#toast"), html`<span>${words}</span>${link && html`<a href="${link}">${label}</a>`}`);
  $("#toast").classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => $("#toast").classList.remove("shown"), 5000);
}

function counts() {
  for (const [id, name, count] of [["#to-cart", "Cart", basket.pieces()], ["#to-wishlist", "Wishlist", basket.wished().length]]) {
    $(id).setAttribute("aria-label", `${name}, ${count === 1 ? "1 piece" : `${count} pieces`}`);
    $(".count", $(id)).textContent = count || "";
  }
}

// What buttons do, by their data-action. A stepper without product is the one of a product's own page.
const ACTIONS = {
  add(item) {
    const quantity = Number($(".buy output").textContent);
    basket.add(item.id, quantity);
    track.added(item, quantity);
    say(`${item.name} is in the cart`, "/shop/cart", "View cart");
  },
  more(item, button) {
    if (!item) return step(button, 1);
    basket.add(item.id, 1);
    track.added(item, 1, "cart");
    show();
  },
  less(item, button) {
    if (!item) return step(button, -1);
    track.removed(item, basket.remove(item.id, 1));
    show();
  },
  remove(item) {
    track.removed(item, basket.remove(item.id, Infinity));
    say(`${item.name} is out of the cart`);
    show();
  },
  // The event itself is clickd.js's, from the button's attributes.
  wish(item, button) {
    const wished = !basket.isWished(item.id);
    basket.wish(item.id, wished);
    if (location.pathname === "/shop/wishlist") return show();
    const style = button.classList.contains("corner") ? "corner" : "framed";
    const fresh = document.createElement("div");
    put(fresh, wishButton(item, style));
    button.replaceWith(fresh.firstElementChild);
    $(`.wish[data-id="${item.id}"]`, main).focus();
    say(wished ? `${item.name} is on the wishlist` : `${item.name} is off the wishlist`, wished && "/shop/wishlist", "View wishlist");
  },
  "to-cart"(item) {
    basket.add(item.id, 1);
    basket.wish(item.id, false);
    track.added(item, 1, "wishlist");
    say(`${item.name} is in the cart`, "/shop/cart", "View cart");
    show();
  },
};

function step(button, by) {
  const output = $("output", button.parentElement);
  output.textContent = Math.min(9, Math.max(1, Number(output.textContent) + by));
}

document.addEventListener("click", (click) => {
  const button = click.target.closest("[data-action]");
  if (button) ACTIONS[button.dataset.action](productOf(button.dataset.id), button);
  const link = click.target.closest("a[href^='/shop']");
  if (!link || click.button || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
  click.preventDefault();
  go(link.getAttribute("href"));
});

document.addEventListener("submit", (submit) => {
  submit.preventDefault();
  const form = submit.target;
  if (form.id === "search") {
    go(`/shop/search?q=${encodeURIComponent(form.elements.q.value.trim())}`);
  } else if (form.id === "checkout" && isComplete(form)) {
    const { order } = form.dataset;
    track.ordered(order, customer(), form.elements.delivery.value);
    basket.empty();
    go(`/shop/thanks/${order}`);
  }
});

function isComplete(form) {
  const wrong = Array.from(form.elements).filter((input) => !input.validity.valid);
  const problem = $("#problem");
  for (const input of form.elements) input.setAttribute("aria-invalid", String(wrong.includes(input)));
  problem.hidden = wrong.length === 0;
  if (wrong.length === 0) return true;
  problem.textContent = wrong[0].validity.typeMismatch ? "This email does not look complete." : `${wrong.length === 1 ? "One field is" : `${wrong.length} fields are`} still empty.`;
  wrong[0].focus();
  return false;
}

// A number the shop knows its customer by: no name, no address.
function customer() {
  let known = null;
  try {
    known = localStorage.getItem("shop.customer");
    if (!known) localStorage.setItem("shop.customer", (known = basket.newId("K")));
  } catch {
    known = known || basket.newId("K");
  }
  return known;
}

function appearance() {
  const root = document.documentElement, button = $("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("shop.theme", root.dataset.theme);
    } catch {
      // without storage the choice lasts as long as the page
    }
    tell();
  });
  system.addEventListener("change", tell);
  tell();
}

put($("#sections"), html`<a href="/shop/">All</a>${Object.entries(SECTIONS).map(([id, name]) => html`<a href="/shop/c/${id}">${name}</a>`)}`);
basket.onChange(counts);
addEventListener("popstate", () => show(true));
startDrawer($("#drawer"));
appearance();
counts();
show(true);

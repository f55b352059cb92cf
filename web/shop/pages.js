// The shop's pages for looking around: start, a category, search, a product, the wishlist. Each gives its title, its
// markup and what clickd is told when it is arrived at.
import { PRODUCTS, SECTIONS, companions, find, productOf } from "./catalogue.js";
import { emptyState, grid, picture, stepper, wishButton } from "./cards.js";
import { html, money } from "./markup.js";
import { wished } from "./basket.js";
import * as track from "./track.js";

export function home() {
  const [mug, lamp, chair] = ["mug-aske", "lamp-sopp", "chair-furu"].map(productOf);
  return {
    title: "Quiet things, made to last",
    markup: html`<section class="hero">
        <div class="words">
          <h1 tabindex="-1">Quiet things,<br />made to last.</h1>
          <p>Twelve pieces for home and table from workshops we know by name. Use them every day.</p>
          <a class="button" href="/shop/p/${chair.id}">Meet the Furu chair</a>
        </div>
        <div class="scene" aria-hidden="true">${[lamp, chair, mug].map((item) => picture(item))}</div>
      </section>
      <section aria-labelledby="all"><h2 id="all">The collection</h2>${grid(PRODUCTS, "home")}</section>`,
    arrived() {
      track.page("Home");
      track.listViewed("home", PRODUCTS);
    },
  };
}

export function category(section) {
  const name = SECTIONS[section];
  if (!name) return missing();
  const items = PRODUCTS.filter((item) => item.section === section);
  return {
    title: name,
    markup: html`<header class="head"><h1 tabindex="-1">${name}</h1><p>${items.length} pieces</p></header>${grid(items, section)}`,
    arrived() {
      track.page("Category", { category: name });
      track.listViewed(section, items);
    },
  };
}

export function search(query) {
  const items = find(query);
  return {
    title: query ? `“${query}”` : "Search",
    markup: html`<header class="head"><h1 tabindex="-1">${query ? `“${query}”` : "Search"}</h1>
        <p>${items.length === 0 ? "Nothing found" : items.length === 1 ? "1 piece" : `${items.length} pieces`}</p></header>
      ${items.length > 0 ? grid(items, "search") : html`<p class="hint">Try <a href="/shop/search?q=lamp">lamp</a>, <a href="/shop/search?q=wool">wool</a> or
        <a href="/shop/search?q=tea">tea</a>. Meanwhile, what others take home:</p>${grid(PRODUCTS.slice(0, 4), "search-nothing")}`}`,
    arrived() {
      track.page("Search", { query });
      if (query) track.searched(query, items.length);
    },
  };
}

export function product(id) {
  const item = productOf(id);
  if (!item) return missing();
  return {
    title: item.name,
    markup: html`<article class="product">
        ${picture(item, `Drawing of the ${item.name}`)}
        <div class="words">
          <p class="eyebrow"><a href="/shop/c/${item.section}">${item.category}</a></p>
          <h1 tabindex="-1">${item.name}</h1>
          <p class="price">${money(item.price)}</p>
          <p class="text">${item.text}</p>
          <div class="buy">
            ${stepper(1, item.name, "")}
            <button class="button wide" type="button" data-action="add" data-id="${item.id}">Add to cart</button>
            ${wishButton(item, "framed")}
          </div>
          <p class="note">In stock, with you in 2 to 3 days. Delivery is free from ${money(150)}.</p>
          <dl class="facts">${Object.entries(item.facts).map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
        </div>
      </article>
      <section aria-labelledby="with"><h2 id="with">Goes well with</h2>${grid(companions(item), "companions")}</section>`,
    arrived() {
      track.page("Product", { product_id: item.id });
      track.viewed(item);
    },
  };
}

export function wishlist() {
  const items = wished();
  return {
    title: "Wishlist",
    markup: html`<header class="head"><h1 tabindex="-1">Wishlist</h1>${items.length > 0 && html`<p>${items.length === 1 ? "1 piece" : `${items.length} pieces`}</p>`}</header>
      ${items.length === 0 && emptyState("Nothing wished for yet", "The heart on a piece keeps it here.", "/shop/", "Look around")}
      <ul class="rows">${items.map((item) => html`<li>
        <a href="/shop/p/${item.id}" class="thumb" aria-label="${item.name}">${picture(item)}</a>
        <div class="what"><a href="/shop/p/${item.id}">${item.name}</a><span>${item.line}</span></div>
        <span class="price">${money(item.price)}</span>
        <div class="acts"><button class="button small" type="button" data-action="to-cart" data-id="${item.id}">Move to cart</button>${wishButton(item, "framed")}</div>
      </li>`)}</ul>`,
    arrived: () => track.page("Wishlist"),
  };
}

export function missing() {
  return {
    title: "Not found",
    markup: html`<h1 tabindex="-1" class="sr">Not found</h1>${emptyState("There is nothing here", "The page has moved, or never was.", "/shop/", "To the collection")}`,
    arrived: () => track.page("Not Found"),
  };
}

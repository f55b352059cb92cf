// Pieces that several pages share: a product's picture and card, the wish button, the quantity stepper.
import { artOf } from "./catalogue.js";
import { html, money } from "./markup.js";
import { attributesOf } from "./track.js";
import { isWished } from "./basket.js";

// data-clickd-… for clickd.js: it sends the event itself when the element is clicked.
export const event = (name, item, more) =>
  html`data-clickd-event="${name}" ${Object.entries({ ...attributesOf(item), ...more }).map(([key, value]) => html`data-clickd-${key}="${value}" `)}`;

export const picture = (item, alt = "") =>
  html`<span class="tile tint-${item.tint}"><img src="${artOf(item)}" alt="${alt}" width="400" height="400" /></span>`;

export function wishButton(item, style) {
  const wished = isWished(item.id);
  return html`<button type="button" class="wish ${style}" data-action="wish" data-id="${item.id}" aria-pressed="${String(wished)}"
    aria-label="${wished ? "Take" : "Put"} ${item.name} ${wished ? "off" : "on"} the wishlist"
    ${event(wished ? "Product Removed from Wishlist" : "Product Added to Wishlist", item)}>
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M12 20S4 15.200 4 9.300A4.300 4.300 0 0 1 12 7a4.300 4.300 0 0 1 8 2.300C20 15.200 12 20 12 20z"/></svg>
  </button>`;
}

export const card = (list) => (item, i) => html`<li class="card">
  <a href="/shop/p/${item.id}" ${event("Product Clicked", item, { position: i + 1, "list-id": list })}>
    ${picture(item)}
    <span class="about"><span class="name">${item.name}</span><span class="price">${money(item.price)}</span></span>
    <span class="line">${item.line}</span>
  </a>
  ${wishButton(item, "corner")}
</li>`;

export const grid = (items, list) => html`<ul class="grid">${items.map(card(list))}</ul>`;

export const stepper = (quantity, name, id) => html`<span class="stepper" role="group" aria-label="Quantity of ${name}">
  <button type="button" data-action="less" data-id="${id}" aria-label="One less">−</button>
  <output aria-live="polite">${quantity}</output>
  <button type="button" data-action="more" data-id="${id}" aria-label="One more">+</button>
</span>`;

export const emptyState = (title, text, link, label) => html`<div class="empty">
  <h2>${title}</h2><p>${text}</p><a class="button" href="${link}">${label}</a>
</div>`;

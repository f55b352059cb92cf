// The shop's pages for buying: cart, checkout, thanks.
import { emptyState, grid, picture, stepper } from "./cards.js";
import { html, money } from "./markup.js";
import { lines, newId, totals } from "./basket.js";
import { artOf, companions } from "./catalogue.js";
import * as track from "./track.js";

const sums = () => {
  const { value, shipping, total } = totals();
  return html`<dl class="sums">
    <div><dt>Pieces</dt><dd>${money(value)}</dd></div>
    <div><dt>Delivery</dt><dd>${shipping === 0 ? "Free" : money(shipping)}</dd></div>
    <div class="total"><dt>Total</dt><dd>${money(total)}</dd></div>
  </dl>`;
};
const suggestions = (item) => html`<section aria-labelledby="with"><h2 id="with">Goes well with</h2>${grid(companions(item), "companions")}</section>`;

export function cart() {
  const list = lines();
  return {
    title: "Cart",
    markup: html`<header class="head"><h1 tabindex="-1">Cart</h1></header>
      ${list.length === 0 ? emptyState("Your cart is empty", "What you add waits here, also tomorrow.", "/shop/", "Look around") : html`<div class="split">
        <ul class="rows">${list.map(({ item, quantity }) => html`<li>
          <a href="/shop/p/${item.id}" class="thumb" aria-label="${item.name}">${picture(item)}</a>
          <div class="what"><a href="/shop/p/${item.id}">${item.name}</a><span>${item.line}</span>
            <button class="plain" type="button" data-action="remove" data-id="${item.id}" aria-label="Remove ${item.name}">Remove</button></div>
          ${stepper(quantity, item.name, item.id)}
          <span class="price">${money(item.price * quantity)}</span>
        </li>`)}</ul>
        <aside class="summary" aria-label="Summary">${sums()}<a class="button wide" href="/shop/checkout">Checkout</a></aside>
      </div>${suggestions(list[0].item)}`}`,
    arrived() {
      track.page("Cart");
      track.cartViewed();
    },
  };
}

const field = (name, label, autocomplete, more) => html`<label class="field ${more && more.half ? "half" : ""}"><span>${label}</span>
  <input name="${name}" type="${(more && more.type) || "text"}" autocomplete="${autocomplete}" required maxlength="120" /></label>`;

export function checkout() {
  const list = lines();
  if (list.length === 0) return cart();
  const orderId = newId("N");
  return {
    title: "Checkout",
    markup: html`<header class="head"><h1 tabindex="-1">Checkout</h1></header>
      <div class="split">
        <form class="form" id="checkout" data-order="${orderId}" novalidate>
          <fieldset><legend>Where it goes</legend>
            ${field("name", "Name", "name")}
            ${field("email", "Email", "email", { type: "email" })}
            ${field("street", "Street and number", "street-address")}
            ${field("zip", "Postal code", "postal-code", { half: true })}
            ${field("city", "City", "address-level2", { half: true })}
          </fieldset>
          <fieldset class="choices"><legend>How it gets there</legend>
            <label><input type="radio" name="delivery" value="post" checked /><span><b>By post</b> 2 to 3 days</span></label>
            <label><input type="radio" name="delivery" value="bicycle" /><span><b>By bicycle</b> today, in town</span></label>
          </fieldset>
          <p class="problem" role="alert" id="problem" hidden></p>
          <button class="button wide" type="submit">Place order</button>
          <p class="note">A demonstration: nothing is charged or sent, and what you write above never leaves this page.</p>
        </form>
        <aside class="summary" aria-label="Your order">
          <ul class="brief">${list.map(({ item, quantity }) => html`<li><span class="tile tint-${item.tint}"><img src="${artOf(item)}" alt="" width="48" height="48" /></span>
            <span>${item.name}${quantity > 1 && html` <span class="times">× ${quantity}</span>`}</span><span class="price">${money(item.price * quantity)}</span></li>`)}</ul>
          ${sums()}
        </aside>
      </div>`,
    arrived() {
      track.page("Checkout");
      track.checkoutStarted(orderId);
    },
  };
}

export function thanks(orderId) {
  return {
    title: "Thank you",
    markup: html`<section class="thanks">
      <svg viewBox="0 0 64 64" width="64" height="64" aria-hidden="true"><circle cx="32" cy="32" r="31" /><path d="m20 33 8 8 16-18" /></svg>
      <h1 tabindex="-1">Thank you.</h1>
      <p>Order <b>${orderId}</b> is on our bench. Beside this page you can see it arrive in the database.</p>
      <a class="button" href="/shop/">Back to the collection</a>
    </section>`,
    arrived: () => track.page("Thanks", { order_id: orderId }),
  };
}

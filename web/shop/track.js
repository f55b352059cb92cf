// What the shop tells clickd, in Segment's names for shops. clickd.js may still be loading: its calls wait in the array.
import { CURRENCY, artOf } from "./catalogue.js";
import * as basket from "./basket.js";

window.clickd = window.clickd || [];
const call = (...words) => window.clickd.push(words);

const fields = (item, more) => ({
  product_id: item.id, name: item.name, brand: "Norrvik", category: item.category, price: item.price, currency: CURRENCY,
  url: `${location.origin}/shop/p/${item.id}`, image_url: location.origin + artOf(item), ...more,
});
const row = (item, more) => ({ product_id: item.id, name: item.name, category: item.category, price: item.price, ...more });
const rows = () => basket.lines().map(({ item, quantity }, i) => row(item, { quantity, position: i + 1 }));

export const page = (name, properties) => call("page", "Shop", name, properties || {});
export const listViewed = (list, items) =>
  call("track", "Product List Viewed", { list_id: list, products: items.map((item, i) => row(item, { position: i + 1 })) });
export const searched = (query, results) => call("track", "Products Searched", { query, results });
export const viewed = (item) => call("track", "Product Viewed", fields(item));
export const added = (item, quantity, from) =>
  call("track", "Product Added", fields(item, { quantity, cart_id: basket.cartId(), list_id: from || undefined }));
export const removed = (item, quantity) => call("track", "Product Removed", fields(item, { quantity, cart_id: basket.cartId() }));
export const cartViewed = () => call("track", "Cart Viewed", { cart_id: basket.cartId(), products: rows() });

function order(orderId, more) {
  const { value, shipping, total } = basket.totals();
  return { order_id: orderId, cart_id: basket.cartId(), value, revenue: value, shipping, total, currency: CURRENCY, products: rows(), ...more };
}
export const checkoutStarted = (orderId) => call("track", "Checkout Started", order(orderId));
export function ordered(orderId, customer, method) {
  call("identify", customer, { customer: true });
  call("track", "Order Completed", order(orderId, { checkout_id: orderId, shipping_method: method }));
}

// Attributes that clickd.js reads by itself: no script of the shop sees these events.
export const attributesOf = (item) =>
  ({ "product-id": item.id, name: item.name, category: item.category, price: item.price, currency: CURRENCY });

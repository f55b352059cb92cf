// Cart and wishlist, kept in this browser and the same in all its tabs. Whoever shows them is told of a change.
import { PRODUCTS, productOf } from "./catalogue.js";

const KEY = "shop.basket";
const FREE_DELIVERY = 150, DELIVERY = 6.9;
const listeners = [];
let state = read();

function read() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(KEY));
  } catch {
    // no storage, or not ours: an empty basket
  }
  const known = (id) => PRODUCTS.some((item) => item.id === id);
  return {
    cart: ((kept && kept.cart) || []).filter((line) => known(line.id) && line.quantity > 0),
    wishlist: ((kept && kept.wishlist) || []).filter(known),
    cartId: (kept && kept.cartId) || newId("C"),
  };
}

function changed() {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // without storage the basket lives as long as the page
  }
  listeners.forEach((tell) => tell());
}

addEventListener("storage", (event) => {
  if (event.key !== KEY) return;
  state = read();
  listeners.forEach((tell) => tell());
});

export const onChange = (tell) => listeners.push(tell);
export function newId(letter) {
  const signs = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => (byte % 32).toString(32));
  return `${letter}-${signs.join("").toUpperCase()}`;
}

export const cartId = () => state.cartId;
export const lines = () => state.cart.map(({ id, quantity }) => ({ item: productOf(id), quantity }));
export const pieces = () => state.cart.reduce((sum, line) => sum + line.quantity, 0);
export const wished = () => state.wishlist.map(productOf);
export const isWished = (id) => state.wishlist.includes(id);

// In euros, rounded to cents.
export function totals() {
  const cents = lines().reduce((sum, { item, quantity }) => sum + Math.round(item.price * 100) * quantity, 0);
  const shipping = cents === 0 || cents >= FREE_DELIVERY * 100 ? 0 : Math.round(DELIVERY * 100);
  return { value: cents / 100, shipping: shipping / 100, total: (cents + shipping) / 100 };
}

export function add(id, quantity) {
  const line = state.cart.find((other) => other.id === id);
  if (line) line.quantity += quantity;
  else state.cart.push({ id, quantity });
  changed();
}

// Takes out at most so many, and says how many it were.
export function remove(id, quantity) {
  const line = state.cart.find((other) => other.id === id);
  if (!line) return 0;
  const taken = Math.min(quantity, line.quantity);
  line.quantity -= taken;
  state.cart = state.cart.filter((other) => other.quantity > 0);
  changed();
  return taken;
}

export function wish(id, yes) {
  state.wishlist = state.wishlist.filter((other) => other !== id).concat(yes ? [id] : []);
  changed();
}

export function empty() {
  state.cart = [];
  state.cartId = newId("C");
  changed();
}

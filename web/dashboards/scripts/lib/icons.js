// The pages' drawings: lines of one width in the colour of the text beside them.

import { svg } from "./dom.js";

const PATHS = {
  overview: "M4 19V9m5.300 10V5m5.400 14v-7M20 19V8",
  funnel: "M4 5h16l-6 7.500V19l-4-2v-4.500z",
  products: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  searches: "M11 4.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM16 16l4.500 4.500",
  wishlist: "M12 20S4 15.200 4 9.300A4.300 4.300 0 0 1 12 7a4.300 4.300 0 0 1 8 2.300C20 15.200 12 20 12 20z",
  live: "M12 10.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3M7.500 16.500a6.400 6.400 0 0 1 0-9m9 0a6.400 6.400 0 0 1 0 9M4.500 19.500a10.600 10.600 0 0 1 0-15m15 0a10.600 10.600 0 0 1 0 15",
  journey: "M6 4.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M18 15.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M8 6.500h6a3 3 0 0 1 0 6h-4a2.500 2.500 0 0 0 0 5h6",
  retention: "M4 5h16M4 12h11M4 19h6M4 5v14",
  trust: "M12 3.500l7.500 2.800v5c0 4.500-3 7.700-7.500 9.200-4.500-1.500-7.500-4.700-7.500-9.200v-5zM8.800 12l2.300 2.300 4.200-4.400",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  theme: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  connect: "M9 15l6-6M10.500 6.500l1-1a4.600 4.600 0 0 1 6.500 6.500l-1.500 1.500M13.500 17.500l-1 1A4.600 4.600 0 0 1 6 12l1.500-1.500",
  view_product: "M3 12s3.300-6 9-6 9 6 9 6-3.300 6-9 6-9-6-9-6zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5",
  add_to_cart: "M5.500 8h13l1 12h-15zM12 11.500v5M9.500 14h5M9 8V7a3 3 0 0 1 6 0v1",
  remove_from_cart: "M5.500 8h13l1 12h-15zM9.500 14h5M9 8V7a3 3 0 0 1 6 0v1",
  proceed_to_checkout: "M3.500 6.500h17v11h-17zM3.500 10.500h17M7 14.500h3",
  order: "M5 12.500l4.500 4.500L19 7.500",
  search: "M11 4.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM16 16l4.500 4.500",
  add_to_wishlist: "M12 20S4 15.200 4 9.300A4.300 4.300 0 0 1 12 7a4.300 4.300 0 0 1 8 2.300C20 15.200 12 20 12 20z",
  other: "M12 10.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3",
  warn: "M12 4.500l8.500 15h-17zM12 10v4.500M12 17h.01",
};

export function icon(name, size = 18) {
  const path = svg("path", { d: PATHS[name] ?? PATHS.other, fill: "none", stroke: "currentColor", "stroke-width": name === "more" ? 3 : 1.7, "stroke-linecap": "round", "stroke-linejoin": "round" });
  return svg("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" }, path);
}

export function brand() {
  return svg("svg", { viewBox: "0 0 32 32", width: 24, height: 24, "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 9 }),
    svg("path", { d: "M8 22v-5m5.300 5V10m5.400 12v-8M24 22V7", fill: "none", "stroke-width": 3, "stroke-linecap": "round" }));
}

// The words of the pages for names in the reports. Pure.

export const PAGE_NAMES = {
  overview: "Overview", funnel: "Funnel", products: "Products", searches: "Searches", wishlist: "Wishlist",
  live: "Live", journey: "Journey", retention: "Retention", trust: "Trust",
};
export const ACTIVITIES = {
  view_product: "View product", add_to_cart: "Add to cart", remove_from_cart: "Remove from cart",
  proceed_to_checkout: "Check out", order: "Order", search: "Search", add_to_wishlist: "Add to wishlist",
};
export const METRIC_NAMES = { visitors: "Visitors", views: "Product views", carts: "Added to cart", checkouts: "Checkouts", orders: "Orders", revenue: "Revenue" };
export const FILTER_NAMES = { device: "Device", referrer: "Referrer", campaign: "Campaign", signed_in: "Signed in", product: "Product" };
export const COMPARE_NAMES = { previous: "Previous period", year: "A year ago", off: "Nothing" };

export const stepName = (step) => ACTIVITIES[step] ?? (step.startsWith("event:") ? step.slice(6) : step);

export function valueName(filter, value) {
  if (value === null || value === undefined) return "(none)";
  if (filter === "signed_in") return value === "true" || value === true ? "Yes" : "No";
  if (filter === "device") return { phone: "Phone", desktop: "Desktop", tablet: "Tablet" }[value] ?? value;
  return value;
}

// One event as a sentence's end: "Aske mug", "“wool” (no results)", "86.00 EUR".
export function eventDetail(event, money) {
  if (event.query !== null && event.query !== undefined) return `“${event.query}”${event.results === 0 ? ", no results" : ""}`;
  if (event.amount !== null && event.amount !== undefined && event.activity === "order") return money({ amount: event.amount, currency: event.currency });
  return event.name ?? event.product ?? "";
}

export const shortVisitor = (visitor) => (visitor.length > 14 ? `${visitor.slice(0, 12)}…` : visitor);
export const plural = (n, one, many = `${one}s`) => (n === 1 ? one : many);

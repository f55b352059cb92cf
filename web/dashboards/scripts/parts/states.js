// What stands where numbers cannot: a skeleton of the final size, the empty shop, what went wrong, what is old.

import { sendTestEvent } from "../lib/api.js";
import { moment } from "../lib/dates.js";
import { el, speak } from "../lib/dom.js";

export function skeleton(kinds) {
  return el("div.bones", { role: "status", "aria-label": "Loading" }, kinds.map((kind) => el(`div.bone.${kind}-bone`)));
}

export function emptyShop(ctx, reload) {
  const { collector, needs_key: needsKey } = ctx.about;
  const snippet = `<script src="${collector ?? "https://your-collector"}/clickd.js"${needsKey ? ' data-key="YOUR WRITE KEY"' : ""} async></script>`;
  const told = el("span.small.muted", { role: "status" });
  const button = el("button.button", { type: "button", onclick: async () => {
    button.disabled = true;
    told.textContent = "Sending…";
    try {
      await sendTestEvent();
      told.textContent = "Stored. It shows here within a few seconds.";
      setTimeout(reload, 2500);
    } catch (error) {
      told.textContent = `Not sent: ${error.message}`;
    }
    button.disabled = false;
  } }, "Send a test event");
  return el("section.card", {}, el("div.state", {},
    el("h2", {}, "No events yet"),
    el("p", {}, "Put this line into every page of your shop. The first visitor shows here about two seconds after the page is opened."),
    el("pre.snippet", { tabindex: "0", "aria-label": "Snippet to install" }, snippet),
    el("div.actions", {}, button, el("button.button.quiet", { type: "button", onclick: () => copy(snippet) }, "Copy the line"), told)));
}

export function noMatch(ctx) {
  const filtered = Object.values(ctx.state.filters).some((values) => values.length > 0);
  return el("section.card", {}, el("div.state", {},
    el("h2", {}, "Nothing in these days"),
    el("p", {}, filtered ? "No event between these days fits all filters." : "No event fell between these days."),
    el("div.actions", {},
      filtered ? el("button.button", { type: "button", onclick: () => ctx.go({ ...ctx.state, filters: Object.fromEntries(Object.keys(ctx.state.filters).map((name) => [name, []])) }) }, "Remove the filters") : null,
      el("button.button.quiet", { type: "button", onclick: () => ctx.go({ ...ctx.state, range: "90d", from: null, to: null }) }, "Show 90 days"))));
}

export function failed(error, retry) {
  const wrong = error.status === 400;
  return el("section.card", { role: "alert" }, el("div.state", {},
    el("h2", {}, wrong ? "This address asks for something that cannot be" : "The numbers cannot be fetched"),
    el("p", {}, error.message),
    el("p", {}, wrong ? "Nothing is broken: change what is asked for." : "Events are still taken and stored: nothing is lost while this page waits."),
    el("div.actions", {}, el("button.button", { type: "button", onclick: retry }, "Try again"), wrong ? el("a.button.quiet", { href: location.pathname }, "Start from the defaults") : null)));
}

export function staleBanner(ctx, error, retry) {
  return el("div.banner", { role: "alert" },
    el("p", {}, `${error.message} These are the numbers of ${moment(ctx.updated, ctx.clock.timezone)}; events are still taken.`),
    el("button.button.quiet", { type: "button", onclick: retry }, "Try again"));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    speak("Copied");
  } catch {
    speak("The browser does not allow copying; the line can be selected");
  }
}

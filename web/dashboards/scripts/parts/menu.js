// A button and what it opens: closed by Escape, by a press elsewhere and by leaving it; arrows go from item to item.

import { el, put } from "../lib/dom.js";

export function menu({ key, label, side = "right", build }) {
  const button = el("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "data-key": key, onclick: () => (sheet === null ? open() : close(true)) }, label);
  const root = el("div.pick", { onkeydown: keys, onfocusout: (event) => {
    if (sheet !== null && event.relatedTarget !== null && !root.contains(event.relatedTarget)) close(false);
  } }, button);
  let sheet = null;

  function open() {
    sheet = el(`div.menu${side === "left" ? ".left" : ""}`, { role: "dialog", "aria-label": button.textContent });
    root.append(sheet);
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    Promise.resolve(build(() => close(true))).then((content) => {
      if (sheet === null) return;
      put(sheet, content);
      (sheet.querySelector('[aria-pressed="true"]') ?? sheet.querySelector(".item, input"))?.focus();
    });
  }
  function close(back) {
    if (sheet === null) return;
    sheet.remove();
    sheet = null;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (back) button.focus();
  }
  function outside(event) {
    if (!root.contains(event.target)) close(false);
  }
  function keys(event) {
    if (sheet === null) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = [...sheet.querySelectorAll("button.item")];
    if (items.length === 0 || document.activeElement?.tagName === "INPUT") return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length].focus();
  }
  return root;
}

export function item(text, { chosen = null, amount = null, pick }) {
  const role = chosen === null ? {} : { "aria-pressed": String(chosen) };
  return el("button.item", { type: "button", ...role, onclick: pick },
    chosen === null ? null : el("span.mark", { "aria-hidden": "true" }, chosen ? "✓" : ""), el("span.clip", {}, text), amount === null ? null : el("span.amount", {}, amount));
}

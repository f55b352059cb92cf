// Elements. Text is always a text node and an attribute always an attribute: nothing that an event says is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

// el("a.link", { href, onclick, style: { "--part": 0.3 } }, children…); children that are null or false are left out.
export function el(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElement(tag), classes, properties, children);
}

export function svg(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElementNS(SVG, tag), classes, properties, children);
}

function fill(node, classes, properties, children) {
  if (classes.length > 0) node.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [property, size] of Object.entries(value)) node.style.setProperty(property, size);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  put(node, ...children);
  return node;
}

export function put(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function refill(node, ...children) {
  node.replaceChildren();
  return put(node, ...children);
}

// Redrawing must not take the focus away: what has it is found again by its data-key.
export function keepingFocus(root, redraw) {
  const key = root.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
  redraw();
  if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

export function speak(text) {
  document.getElementById("spoken").textContent = text;
}

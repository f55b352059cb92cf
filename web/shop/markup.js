// html`…`: text that is safe to put into a page. Values are escaped unless they come from html`…` themselves.

class Markup {
  constructor(text) {
    this.text = text;
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function render(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join("");
  if (value === null || value === undefined || value === false) return "";
  return String(value).replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
}

export const html = (strings, ...values) =>
  new Markup(strings.reduce((text, string, i) => text + render(values[i - 1]) + string));

export const put = (element, markup) => {
  element.innerHTML = markup.text;
};

const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
export const money = (amount) => euros.format(amount);

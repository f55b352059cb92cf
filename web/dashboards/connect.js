// Fills in the address this page was opened at, and copies what its buttons stand beside.
const address = new URL("/odata/", location.href).href;
for (const place of document.querySelectorAll("[data-address]")) place.textContent = address;

const said = document.querySelector("[data-said]");

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      said.textContent = "Copied.";
    } catch {
      // Without a secure address the browser keeps the clipboard to itself: the text is marked instead.
      getSelection().selectAllChildren(source);
      said.textContent = "Marked: copy it with Ctrl+C.";
    }
  });
}

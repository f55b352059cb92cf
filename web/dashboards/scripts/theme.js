// The chosen appearance, set before anything is drawn so that nothing flashes. Without a choice the system decides.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("clickd.theme");
  } catch {
    // no storage: the system decides
  }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();

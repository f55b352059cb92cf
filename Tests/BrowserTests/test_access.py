"""Everybody can use the shop: by keyboard alone, with a screen reader (axe-core), on a phone, light and dark; and its
pages run nothing but their own files."""

import pathlib
import urllib.request

import axe_playwright_python
from selenium.webdriver.common.action_chains import ActionChains

from shopper import KEYS, ShopTest, eventually

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
PAGES = ["", "c/living", "search?q=lamp", "search?q=spaceship", "p/throw-ull", "wishlist", "cart", "checkout", "nowhere"]


class Access(ShopTest):
    def fill(self):
        """Something in the cart and on the wishlist, so that no page is empty."""
        self.shopper.open("p/lamp-sopp")
        self.shopper.click("[data-action=add]")
        self.shopper.click(".product .wish")

    def findings(self):
        result = self.shopper.driver.execute_async_script(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(arguments[0])")
        self.assertGreater(len(result["passes"]), 10, "axe has looked")
        return [f"{one['id']}: {one['help']}: {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
                for one in result["violations"] if one["impact"] in ("serious", "critical") for node in one["nodes"]]

    def test_axe_finds_nothing_serious_on_any_page(self):
        self.fill()
        for path in PAGES:
            self.shopper.look(1440, 900)
            self.shopper.open(path)
            self.shopper.drained()
            self.shopper.run(AXE)
            for width, dark in ((1440, False), (1440, True), (390, True), (390, False)):
                self.shopper.look(width, 900, dark)
                with self.subTest(path=path, width=width, dark=dark):
                    self.assertEqual(self.findings(), [])
        self.shopper.click(".handle")
        self.assertEqual(self.findings(), [], "with the phone's sheet open")
        self.shopper.look(1440, 900)
        self.shopper.open("cart")
        self.shopper.run(AXE)
        order = self.shopper.order()
        self.shopper.click(".events summary")
        eventually("the drawer shows the document", lambda: len(self.shopper.all(".papers pre")) == 2)
        self.assertEqual(self.findings(), [], f"thanks for {order}, with an open event")

    def test_no_page_scrolls_sideways_at_any_width(self):
        self.fill()
        for path in PAGES:
            self.shopper.open(path)
            for width in (360, 480, 768, 1024, 1120, 1440, 1920):
                self.shopper.look(width, 800)
                with self.subTest(path=path, width=width):
                    self.assertLessEqual(self.shopper.run("return document.documentElement.scrollWidth"), width)

    def press(self, *keys):
        ActionChains(self.shopper.driver).send_keys(*keys).perform()

    def tab_to(self, selector, most=60, back=False):
        """Presses Tab (Shift-Tab) until the focus is on it; whatever has the focus on the way must show it."""
        for _ in range(most):
            if back:
                ActionChains(self.shopper.driver).key_down(KEYS.SHIFT).send_keys(KEYS.TAB).key_up(KEYS.SHIFT).perform()
            else:
                self.press(KEYS.TAB)
            if self.shopper.run("const at = document.activeElement; return at !== document.body && getComputedStyle(at).outlineStyle === 'none'"):
                self.fail(f"has the focus and does not show it: {self.shopper.run('return document.activeElement.outerHTML')[:200]}")
            if self.shopper.run("return document.activeElement.matches(arguments[0])", selector):
                return
        self.fail(f"{selector} is not reached by {most} presses of Tab")

    def heading(self, words):
        eventually(f"the page says {words}", lambda: self.shopper.run("return document.activeElement.tagName + document.activeElement.textContent") == f"H1{words}")

    def test_from_the_search_to_the_order_by_keyboard_alone(self):
        shopper = self.shopper
        shopper.open()
        self.tab_to("#search input")
        self.press("teapot", KEYS.ENTER)
        self.heading("“teapot”")
        self.tab_to("a[href='/shop/p/teapot-ro']")
        self.press(KEYS.ENTER)
        self.heading("Ro teapot")
        self.tab_to("[data-action=more]")
        self.press(KEYS.SPACE)
        self.tab_to("[data-action=add]")
        self.press(KEYS.ENTER)
        self.tab_to(".wish")
        self.press(KEYS.SPACE)
        self.assertTrue(shopper.run("return document.activeElement.matches('.wish[aria-pressed=true]')"), "the focus stays where it was")
        self.tab_to("a[href='/shop/cart']", back=True)
        self.press(KEYS.ENTER)
        self.heading("Cart")
        self.tab_to("[data-action=less]")
        self.press(KEYS.SPACE)
        self.assertTrue(shopper.run("return document.activeElement.matches('[data-action=less]')"), "the focus stays where it was")
        self.tab_to("a[href='/shop/checkout']")
        self.press(KEYS.ENTER)
        self.heading("Checkout")
        self.tab_to("#checkout button[type=submit]")
        self.press(KEYS.ENTER)
        self.assertTrue(shopper.run("return document.activeElement.matches('input[name=name][aria-invalid=true]')"), "the first empty field is shown")
        self.press("Ada Berg", KEYS.TAB, "ada@shop.example", KEYS.TAB, "Kirkegata 1", KEYS.TAB, "0153", KEYS.TAB, "Oslo", KEYS.ENTER)
        self.heading("Thank you.")
        shopper.drained()
        documents = eventually("the order is there", lambda: self.place.events(anonymousId=shopper.anonymous_id, event="Order Completed"))
        self.assertEqual([(line["product_id"], line["quantity"]) for line in documents[0]["properties"]["products"]], [("teapot-ro", 1)])

    def test_pages_run_nothing_but_their_own_files(self):
        for path in ("/shop/", "/shop/p/mug-aske"):
            with urllib.request.urlopen(self.place.base + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                text = answer.read().decode()
            self.assertIn("default-src", policy)
            self.assertNotIn("unsafe", policy)
            self.assertNotRegex(text, r"<script(?![^>]*\bsrc=)|<style| style=|\son\w+=", "nothing inline")

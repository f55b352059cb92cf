"""The dashboards are for everybody and hold against everything: axe-core on each page in every light and width, no
sideways scrolling, hostile strings in every field that is displayed, addresses that nobody would type."""

import time
import urllib.parse

import history
from reader import DashboardTest, PAGES, eventually
from test_access import AXE
from test_dashboards import filled

WIDTHS = (360, 480, 721, 1024, 1280, 1440, 1920)
HOSTILE = ["<script>window.ran = 1</script>", "<img src=x onerror='window.ran = 2'>", "\"><svg onload=window.ran=3>", "javascript:window.ran=4",
           "'; window.ran = 5; '", "=cmd|'/c calc'!A1", "\u202eevil\u0007", "{{7*7}} ${window.ran=6}", "x" * 180]


class Access(DashboardTest):
    def setUp(self):
        super().setUp()
        filled(self)
        visitor = self.api("visitors", step=1, state="reached", limit=1)["visitors"][0]["visitor"]
        self.pages = [*PAGES, f"/journey/{urllib.parse.quote(visitor, safe='')}", "/funnel?show=1.left", "/?metric=revenue&compare=off&device=phone", "/nowhere"]

    def open(self, path):
        self.reader.driver.get(self.read + path)
        if path != "/nowhere":
            self.reader.settle()

    def findings(self):
        result = self.reader.driver.execute_async_script(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(arguments[0])")
        self.assertGreater(len(result["passes"]), 10, "axe has looked")
        return [f"{one['id']}: {one['help']}: {node['html'][:140]} {node.get('failureSummary', '')[:240]}"
                for one in result["violations"] if one["impact"] in ("serious", "critical") for node in one["nodes"]][:6]

    def test_axe_finds_nothing_serious_on_any_page(self):
        for path in self.pages:
            for width, dark in ((1440, False), (390, True)):
                self.reader.look(width, 900, dark)
                self.open(path)
                self.reader.run(AXE)
                with self.subTest(path=path, width=width, dark=dark):
                    self.assertEqual(self.findings(), [])

    def test_axe_finds_nothing_serious_in_menus_and_tables(self):
        self.open("/")
        self.reader.run(AXE)
        self.reader.click("[data-key=range]")
        self.assertEqual(self.findings(), [])
        self.open("/")
        self.reader.run(AXE)
        self.reader.click("[data-key=table-of-overview]")
        self.assertEqual(self.findings(), [])

    def test_no_page_scrolls_sideways_at_any_width(self):
        for path in self.pages:
            self.open(path)
            for width in WIDTHS:
                self.reader.look(width, 800)
                with self.subTest(path=path, width=width):
                    # A chart takes its new size a moment after the window.
                    eventually("nothing reaches out of the window", lambda: self.reader.run(
                        "return document.documentElement.scrollWidth <= innerWidth"), within=5)

    def test_hostile_strings_are_shown_and_never_run(self):
        now, events = time.time(), []
        for at, text in enumerate(HOSTILE):
            product = {"product_id": text, "name": text, "price": 1, "quantity": 1, "currency": text[:40], "category": text}
            context = {"device": {"type": text}, "campaign": {"name": text}, "page": {"referrer": f"https://{text}/", "url": text}}
            for name, properties in (("Product Viewed", product), ("Product Added", product), ("Product Added to Wishlist", product), ("Checkout Started", {"products": [product]}),
                                     ("Order Completed", {"order_id": text, "revenue": 1, "currency": text[:40], "products": [product]}), ("Products Searched", {"query": text, "results": 0}), (text, {})):
                events.append({"type": "track", "event": name, "anonymousId": text[:120], "userId": text[:120], "messageId": f"hostile-{now}-{len(events)}", "properties": properties, "context": context})
        history.send(self.place.base, events)
        self.counted(0)
        eventually("the hostile products are counted", lambda: any(row["product"] == HOSTILE[0] for row in self.api("products", limit=1000)["products"]))
        value = urllib.parse.quote(HOSTILE[1], safe="")
        pages = [*PAGES, "/funnel?breakdown=campaign&show=1.reached", "/funnel?breakdown=referrer", f"/?product={value}&campaign={value}&referrer={value}", f"/funnel?steps=event:{value},order",
                 *(f"/journey/{urllib.parse.quote('a:' + text[:120], safe='')}" for text in HOSTILE[:4]), f"/products?sort={value}", f"/?from={value}&to=x&compare={value}&metric={value}"]
        for path in pages:
            with self.subTest(path=path):
                self.network_was_away = "sort=" in path or self.network_was_away  # a sort that there is not is answered with 400
                self.reader.driver.get(self.read + path)
                eventually("something is drawn", lambda: self.reader.run("return !document.querySelector('.bones') && !document.querySelector('main[aria-busy]') && !!document.querySelector('main h1')"), 20)
                self.assertIsNone(self.reader.run("return window.ran ?? null"))
        self.reader.open("/products")
        self.assertIn(HOSTILE[0], self.reader.text("[data-panel=products] tbody .link-name"))
        self.reader.open("/searches")
        self.assertIn(HOSTILE[1].lower(), self.reader.text("[data-panel=searches] tbody th"))

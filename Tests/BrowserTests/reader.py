"""A browser that reads the dashboards, and a test with one: at its end the console must have been quiet and nobody else
been asked."""

import json
import re
import urllib.request
from urllib.parse import urlencode

from shopper import Shopper, ShopTest, eventually

PAGES = ["/", "/funnel", "/products", "/searches", "/wishlist", "/live", "/journey", "/retention", "/trust"]


class Reader(Shopper):
    def open(self, path="/"):
        self.driver.get(self.base + path)
        self.settle()

    def settle(self):
        """Until what the address asks for is drawn."""
        eventually(f"{self.address} is drawn", lambda: self.run(
            "return document.querySelector('.body')?.dataset.drawn === 'whole' && !document.querySelector('main[aria-busy]')"), 20)

    @property
    def address(self):
        return self.driver.current_url.removeprefix(self.base)

    def text(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent.trim())", selector)

    def press_key(self, key):
        self.driver.switch_to.active_element.send_keys(key)

    def pick(self, menu, *items):
        """Opens a menu by its data-key and presses one item after the other."""
        self.click(f"[data-key='{menu}']")
        for words in items:
            eventually(f"the menu has {words}", lambda: self.item(words), 10)
            self.item(words).click()
        self.settle()

    def item(self, words):
        return next((item for item in self.all(".menu .item") if words in item.text), None)


class DashboardTest(ShopTest):
    """`self.reader` reads, `self.shopper` shops."""

    def setUp(self):
        super().setUp()
        self.read = f"http://127.0.0.1:{self.place.ports[1]}"
        self.reader = Reader(self.read)
        self.addCleanup(self.reader.close)

    def tearDown(self):
        super().tearDown()
        self.reader.gather()
        lines = [line["message"] for line in self.reader.console if line["level"] in ("SEVERE", "WARNING")]
        if self.network_was_away:
            lines = [line for line in lines if "Failed to load resource" not in line and "net::ERR_" not in line]
        self.assertEqual(lines, [], "the dashboards' console is quiet")
        others = {url for url, _ in self.reader.requests if not url.startswith((self.read, "data:", "about:", "chrome:", "blob:"))}
        self.assertEqual(others, set(), "no other host is asked")

    def api(self, report, **query):
        with urllib.request.urlopen(f"{self.read}/api/{report}?{urlencode(query)}", timeout=30) as answer:
            return json.load(answer)

    def fetch(self, address):
        with urllib.request.urlopen(address if address.startswith("http") else self.read + address, timeout=30) as answer:
            return answer.read().decode("utf-8-sig")

    def counted(self, events, within=60):
        """Until every event stored so far is in the numbers."""
        eventually(f"{events} events are counted", lambda: (health := self.api("health"))["rollups"]["marks"] == 0 and health["events"]["stored"] >= events and health, within)


def number(text):
    """What a cell says as a number."""
    return float(re.sub(r"[^0-9.\-]", "", text.replace("−", "-")) or "nan")

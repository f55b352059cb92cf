"""A Chromium with a fresh profile, and what a visitor does in the shop with it. It keeps every event that the pages hand
to the network, every address asked for and every line of the console, for the tests to judge."""

import json
import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from place import eventually, the_place

KEYS = Keys


class Shopper:
    def __init__(self, base):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
        self.base = base
        self.requests = []  # (address, body or None)
        self.console = []
        self.look(1440, 900)

    def cdp(self, command, **values):
        return self.driver.execute_cdp_cmd(command, values)

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def look(self, width, height, dark=False):
        """The window's size in CSS pixels, and what the system prefers. Narrow ones are touch screens."""
        phone = width < 600
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=phone)
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in features.items()])

    # Going about the shop.

    def open(self, path=""):
        self.driver.get(f"{self.base}/shop/{path}")
        eventually("the page is drawn and its tracker is there", lambda: self.run("return !!document.querySelector('main h1') && !!(window.clickd && clickd.track)"))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return eventually(f"there is {selector}", lambda: self.all(selector), 10)[0]

    def click(self, selector):
        element = self.one(selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def search(self, words):
        field = self.one("#search input")
        field.clear()
        field.send_keys(words, Keys.ENTER)

    def order(self):
        """From the cart to the thanks; the order's number."""
        self.click("a[href='/shop/cart']")
        self.click("a[href='/shop/checkout']")
        for name, words in (("name", "Ada Berg"), ("email", "ada@shop.example"), ("street", "Kirkegata 1"), ("zip", "0153"), ("city", "Oslo")):
            self.one(f"input[name={name}]").send_keys(words)
        self.click("#checkout button[type=submit]")
        return self.one(".thanks b").text

    # What clickd.js holds, and what the network saw.

    @property
    def anonymous_id(self):
        return self.run("return localStorage['clickd.anonymous']")

    def queue(self):
        return self.run("return Object.keys(localStorage).filter((key) => key.startsWith('clickd.q.')).length")

    def drained(self, within=30):
        eventually("everything is acknowledged", lambda: self.queue() == 0, within)

    def offline(self, away):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=away, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def gather(self):
        """Reads the browser's logs into `requests` and `console`."""
        self.console += self.driver.get_log("browser")
        for line in self.driver.get_log("performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                self.requests.append((request["url"], request.get("postData")))

    def sent(self):
        """Every event that a page handed to the network, by messageId."""
        self.gather()
        events = {}
        for url, body in self.requests:
            if url.endswith("/v1/batch") and body:
                events.update((event["messageId"], event) for event in json.loads(body)["batch"])
        return events

    def close(self):
        self.driver.quit()


class ShopTest(unittest.TestCase):
    """A test with a shopper of its own. At its end the console must have been quiet and nobody else been asked."""

    network_was_away = False

    def setUp(self):
        self.place = the_place()
        self.shopper = Shopper(self.place.base)
        self.addCleanup(self.shopper.close)

    def tearDown(self):
        self.shopper.gather()
        lines = [line["message"] for line in self.shopper.console if line["level"] in ("SEVERE", "WARNING")]
        if self.network_was_away:  # the browser itself writes down what it could not fetch
            lines = [line for line in lines if "Failed to load resource" not in line and "net::ERR_" not in line]
        self.assertEqual(lines, [], "the console is quiet")
        others = {url for url, _ in self.shopper.requests if not url.startswith((self.place.base, "data:", "about:", "chrome:", "blob:"))}
        self.assertEqual(others, set(), "no other host is asked")

    def arrived(self, visitor, count, within=30):
        """The visitor's documents in MongoDB once there are so many; more would be a failure too."""
        found = eventually(
            f"{count} events of {visitor} are in MongoDB",
            lambda: (documents := self.place.events(anonymousId=visitor)) and len(documents) >= count and documents, within)
        self.assertEqual(len(found), count)
        return found

    def named(self, documents, event, **properties):
        """The one document of this event with these properties."""
        found = [one for one in documents if one.get("event") == event and properties.items() <= one["properties"].items()]
        self.assertEqual(len(found), 1, f"{event} {properties} is there once")
        return found[0]

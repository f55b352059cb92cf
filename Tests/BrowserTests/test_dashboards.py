"""The dashboards against the real clickd-web: what is done in the shop shows at once and everywhere; range, comparison,
filters, tables and CSV by mouse and by keys; numbers agree on the page, in CSV and in JSON."""

import csv
import io
import time

from selenium.webdriver.common.action_chains import ActionChains

import history
from reader import DashboardTest, eventually, number
from shopper import KEYS

LIVE_SECONDS = 2.0


class Dashboards(DashboardTest):
    def setUp(self):
        super().setUp()
        filled(self)

    def row_of(self, visitor):
        return self.reader.run("return [...document.querySelectorAll('#feed li')].filter((row) => row.querySelector('a')?.href.endsWith(encodeURIComponent(arguments[0]))).map((row) => row.textContent)", visitor)

    def test_a_visitor_of_the_shop_shows_live_within_two_seconds_then_in_the_journey_and_the_funnel(self):
        self.reader.open("/live")
        self.shopper.open("p/throw-ull")
        self.shopper.drained()
        visitor = f"a:{self.shopper.anonymous_id}"
        eventually("the visitor shows in Live", lambda: self.row_of(visitor))
        self.shopper.click("[data-action=add]")
        self.shopper.drained()
        acknowledged = time.monotonic()
        eventually("the product in the cart shows in Live", lambda: any("Add to cart" in row and "Ull throw" in row for row in self.row_of(visitor)), 15)
        self.assertLess(time.monotonic() - acknowledged, LIVE_SECONDS)
        order = self.shopper.order()
        self.shopper.drained()
        self.reader.run("[...document.querySelectorAll('#feed a')].find((link) => link.href.endsWith(encodeURIComponent(arguments[0]))).click()", visitor)
        eventually("the journey is that visitor's", lambda: visitor in self.reader.text(".body p.small")[0] if self.reader.text(".body p.small") else False)
        eventually(f"the journey ends with {order}", lambda: (self.reader.driver.refresh(), self.reader.settle(), [step for step in self.reader.text(".visit b") if step == "Order"])[2], 30)
        reached = lambda: [row["visitor"] for row in self.api("visitors", step=4, state="reached", limit=1000)["visitors"]]
        eventually("the visitor is in the funnel's last step", lambda: visitor in reached(), 30)
        self.reader.open("/funnel?range=today")
        self.reader.click(".f-step:nth-child(4) .kept")
        self.reader.settle()
        self.assertIn(visitor, self.reader.text("[data-panel=visitors] tbody th"))
        self.reader.click(f"[data-panel=visitors] a[href*='{self.shopper.anonymous_id}']")
        eventually("a visitor in the list leads to the journey", lambda: self.reader.text("h1") == ["Journey"])

    def test_range_comparison_and_filters_are_the_address_and_back_works(self):
        reader = self.reader
        reader.open("/")
        whole = number(reader.text("[data-key=figure-visitors] .value")[0])
        reader.pick("range", "Last 7 days")
        self.assertEqual(reader.address, "/?range=7d")
        reader.pick("compare", "A year ago")
        reader.pick("add-filter", "Device", "Phone")
        self.assertEqual(reader.address, "/?range=7d&compare=year&device=phone")
        self.assertLess(number(reader.text("[data-key=figure-visitors] .value")[0]), whole)
        reader.click("[data-key=figure-orders]")
        reader.settle()
        self.assertEqual(reader.text("[data-panel=overview] h2"), ["Orders by day"])
        there = reader.address
        reader.click("[data-key=to-products]")
        eventually("range and filter go along", lambda: reader.address == "/products?range=7d&compare=year&device=phone")
        reader.settle()
        for before in (there, "/?range=7d&compare=year&device=phone", "/?range=7d&compare=year", "/?range=7d", "/"):
            reader.driver.back()
            eventually(f"back leads to {before}", lambda: reader.address == before)
        reader.settle()
        self.assertEqual(number(reader.text("[data-key=figure-visitors] .value")[0]), whole)
        reader.open(there)
        self.assertEqual(reader.text(".chip"), ["Device: Phone×"])
        reader.click(".chip button")
        eventually("a chip's cross takes the filter away", lambda: "device" not in reader.address)

    def test_a_custom_range_that_cannot_be_is_told_and_one_that_can_is_shown(self):
        reader = self.reader
        reader.open("/")
        reader.click("[data-key=range]")
        reader.run("const [from, to] = document.querySelectorAll('.menu input'); from.value = '2026-11-10'; to.value = '2026-11-01'; document.querySelector('.menu form').requestSubmit()")
        self.assertEqual(reader.text(".menu [role=alert]"), ["The first day is after the last."])
        reader.run("const [from, to] = document.querySelectorAll('.menu input'); from.value = '2026-11-01'; to.value = '2026-11-10'; document.querySelector('.menu form').requestSubmit()")
        eventually("the days are in the address", lambda: reader.address == "/?from=2026-11-01&to=2026-11-10")

    def test_figures_tables_csv_and_json_agree_to_the_last_digit(self):
        reader = self.reader
        for page, key, report, rows, cells in (
                ("/?range=30d&metric=orders", "overview", "overview", "days", lambda row: [row["orders"]]),
                ("/products", "products", "products", "products", lambda row: [row["views"]]),
                ("/searches", "searches", "searches", "terms", lambda row: [row["searches"]]),
                ("/wishlist", "wishlist", "wishlist", "products", lambda row: [row["added"]])):
            with self.subTest(page=page):
                reader.open(page)
                if not reader.all(f"[data-panel={key}] table"):
                    reader.click(f"[data-key=table-of-{key}]")
                address = reader.run("return document.querySelector(arguments[0]).href", f"[data-key=csv-{key}]")
                table = reader.run("return [...document.querySelectorAll(arguments[0])].map((row) => [...row.children].map((cell) => cell.textContent))", f"[data-panel={key}] tbody tr")
                lines = list(csv.DictReader(io.StringIO(self.fetch(address))))
                told = self.api(report, **dict(part.split("=", 1) for part in address.split("?")[1].split("&")))[rows]
                self.assertEqual([len(table), len(lines)], [len(told)] * 2)
                column = {"overview": "orders", "products": "views", "searches": "searches", "wishlist": "added"}[key]
                for shown, line, row in zip(table, lines, told):
                    self.assertEqual([number(shown[1]), float(line[column])], cells(row) * 2, shown)

    def test_the_funnel_by_keys_alone(self):
        reader = self.reader
        reader.open("/funnel")
        reader.run("document.querySelector('[data-key=step-add_to_cart]').focus()")
        reader.press_key(KEYS.ARROW_RIGHT)
        eventually("the step moved", lambda: "steps=view_product%2Cproceed_to_checkout%2Cadd_to_cart%2Corder" in reader.address)
        reader.settle()
        self.assertEqual(reader.run("return document.activeElement.dataset.key"), "step-add_to_cart", "the focus goes along")
        reader.press_key(KEYS.DELETE)
        eventually("the step is gone", lambda: "add_to_cart" not in reader.address)
        reader.settle()
        reader.run("document.querySelector('[data-key=add-step]').focus()")
        reader.press_key(KEYS.ENTER)
        eventually("the list of steps is there", lambda: reader.item("Search") is not None)
        reader.press_key(KEYS.ARROW_DOWN)
        reader.press_key(KEYS.ENTER)
        eventually("a step was added", lambda: "order%2Cadd_to_cart" in reader.address)
        reader.settle()
        reader.run("document.querySelector('.f-under button').focus()")
        reader.press_key(KEYS.ENTER)
        eventually("its visitors are listed", lambda: "show=1.went_on" in reader.address)

    def test_each_chart_has_its_table_behind_one_key_and_is_read_with_arrows(self):
        reader = self.reader
        for page, panels in (("/", 3), ("/funnel", 1), ("/products", 1), ("/searches", 1), ("/wishlist", 2), ("/live", 1), ("/retention", 1)):
            with self.subTest(page=page):
                reader.open(page)
                ActionChains(reader.driver).send_keys("t").perform()
                self.assertGreaterEqual(len(reader.all(".shown table")), panels)
                ActionChains(reader.driver).send_keys("t").perform()
                self.assertEqual(len(reader.all(".shown table")), 0)
        reader.open("/")
        reader.run("document.querySelector('canvas').focus()")
        reader.press_key(KEYS.ARROW_LEFT)
        self.assertRegex(reader.text("#spoken")[0], r"not over yet: \d+")

    def test_a_sorted_table_and_an_escape_from_a_menu(self):
        reader = self.reader
        reader.open("/products")
        reader.run("document.querySelector('[data-key=sort-rate]').focus()")
        reader.press_key(KEYS.ENTER)
        eventually("the address says the order", lambda: "sort=-rate" in reader.address)
        reader.settle()
        rates = [number(text) for text in reader.text("[data-panel=products] td .rate")]
        self.assertEqual(rates, sorted(rates, reverse=True))
        self.assertEqual(reader.run("return document.activeElement.dataset.key"), "sort-rate")
        reader.run("document.querySelector('[data-key=range]').focus()")
        reader.press_key(KEYS.ENTER)
        eventually("the menu is open", lambda: reader.all(".menu .item"))
        reader.press_key(KEYS.ESCAPE)
        self.assertEqual((reader.all(".menu"), reader.run("return document.activeElement.dataset.key")), ([], "range"))

    def test_live_is_paused_and_goes_on(self):
        reader = self.reader
        reader.open("/live")
        reader.click("#pause")
        before = reader.text("#feed li")
        history.send(self.place.base, [{"type": "track", "event": "While Paused", "anonymousId": "paused", "messageId": f"paused-{time.time()}"}])
        eventually("it is told that there is more", lambda: "new" in reader.text("#pause")[0])
        self.assertEqual(reader.text("#feed li"), before)
        reader.click("#pause")
        eventually("what came meanwhile is shown", lambda: any("While Paused" in row for row in reader.text("#feed li")))
        self.assertLessEqual(len(reader.all("#feed li")), 50)

    def test_an_outage_leaves_the_numbers_and_says_so(self):
        self.network_was_away = True
        reader = self.reader
        reader.open("/")
        figure = reader.text("[data-key=figure-views] .value")
        self.place.kill("clickd-web")
        reader.click("[data-key=figure-orders]")
        eventually("a banner says that the numbers are old", lambda: reader.text(".banner"))
        self.assertEqual(reader.text("[data-key=figure-views] .value"), figure)
        self.place.start("clickd-web")
        self.place.wait_until_serving()
        reader.click(".banner button")
        eventually("the banner goes once there is an answer", lambda: not reader.all(".banner"))


_filled = set()


def filled(test):
    """Some weeks of history, once for all tests of a place."""
    if id(test.place) in _filled:
        return
    events = history.history(45, 40) + history.recent(14)
    history.send(test.place.base, events)
    test.counted(len(events), 90)
    _filled.add(id(test.place))

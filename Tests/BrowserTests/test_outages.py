"""What a shop must survive: the page closed at once, the network away, clickd-web and clickd killed. Every event arrives,
once. CLICKD_AWAY_SECONDS is how long the network is away (60; .ci/run says less)."""

import os
import time

from shopper import ShopTest, eventually

AWAY = float(os.environ.get("CLICKD_AWAY_SECONDS", "60"))


class Outages(ShopTest):
    network_was_away = True

    def test_the_click_arrives_though_the_page_is_closed_at_once(self):
        shopper = self.shopper
        shopper.open("p/teapot-ro")
        shopper.drained()
        visitor = shopper.anonymous_id
        shopper.run("window.open('/shop/p/candle-stake')")  # a page may close only what a page has opened
        shopper.driver.switch_to.window(shopper.driver.window_handles[1])
        shopper.one("[data-action=add]")
        shopper.drained()
        # In one turn of the page's own loop: no request can have been answered, none of the timers has run.
        shopper.run("document.querySelector('[data-action=add]').click(); window.close()")
        eventually("the page is gone", lambda: len(shopper.driver.window_handles) == 1)
        documents = eventually("the click is in MongoDB",
                               lambda: self.place.events(anonymousId=visitor, event="Product Added"), 10)
        self.assertEqual([one["properties"]["product_id"] for one in documents], ["candle-stake"])
        # The page that is left confirms what the beacon took along; it stays one event.
        shopper.driver.switch_to.window(shopper.driver.window_handles[0])
        shopper.run("clickd.flush()")
        shopper.drained()
        time.sleep(1)
        self.assertEqual(len(self.place.events(anonymousId=visitor, event="Product Added")), 1)

    def test_the_click_arrives_though_its_link_leads_out_of_the_shop(self):
        shopper = self.shopper
        shopper.open("p/mug-aske")
        shopper.drained()
        visitor = shopper.anonymous_id
        shopper.run("document.querySelector('[data-action=add]').click(); location.href = 'about:blank'")
        found = eventually("the click is in MongoDB", lambda: self.place.events(anonymousId=visitor, event="Product Added"), 10)
        self.assertEqual([one["properties"]["product_id"] for one in found], ["mug-aske"])

    def test_nothing_is_lost_while_the_network_is_away(self):
        shopper = self.shopper
        shopper.open("p/lamp-sopp")
        shopper.drained()
        visitor = shopper.anonymous_id
        before = len(self.arrived(visitor, 2))
        shopper.offline(True)
        away_since = time.monotonic()
        shopper.click("[data-action=add]")
        shopper.click(".product .wish")
        order = shopper.order()
        waiting = shopper.queue()
        self.assertGreaterEqual(waiting, 8)
        eventually("the drawer says so", lambda: f"{waiting} kept, again in" in shopper.one(".inside .state").text)
        while time.monotonic() < away_since + AWAY:
            time.sleep(0.5)
        self.assertEqual(shopper.queue(), waiting)
        self.assertEqual(len(self.place.events(anonymousId=visitor)), before)
        shopper.offline(False)
        shopper.drained()
        documents = self.arrived(visitor, before + waiting)
        self.named(documents, "Product Added", product_id="lamp-sopp")
        self.named(documents, "Product Added to Wishlist", product_id="lamp-sopp")
        completed = self.named(documents, "Order Completed", order_id=order)
        added = self.named(documents, "Product Added", product_id="lamp-sopp")
        lag = (added["receivedAt"] - added["ts"]).total_seconds()
        self.assertGreaterEqual(lag, AWAY - 5, "an event's time is when it happened, not when it arrived")
        self.assertGreaterEqual(completed["ts"], added["ts"])

    def test_a_page_closed_without_a_network_is_sent_by_the_next_visit(self):
        shopper = self.shopper
        shopper.driver.switch_to.new_window("tab")  # the shop's only page: another would send for it
        shopper.open("p/notebook-blad")
        shopper.drained()
        visitor = shopper.anonymous_id
        shopper.offline(True)
        shopper.click("[data-action=add]")
        shopper.driver.close()
        shopper.driver.switch_to.window(shopper.driver.window_handles[0])
        time.sleep(2)
        self.assertEqual(self.place.events(anonymousId=visitor, event="Product Added"), [])
        shopper.open()
        shopper.drained()
        found = eventually("the click is in MongoDB", lambda: self.place.events(anonymousId=visitor, event="Product Added"))
        self.assertEqual([one["properties"]["product_id"] for one in found], ["notebook-blad"])

    def killed(self, program):
        shopper = self.shopper
        shopper.open("p/chair-furu")
        visitor = shopper.anonymous_id
        self.place.kill(program)
        shopper.click("[data-action=add]")
        shopper.click(".product .wish")
        eventually("clickd.js has tried in vain", lambda: "kept, again in" in shopper.one(".inside .state").text)
        self.assertGreater(shopper.queue(), 0)
        self.place.start(program)
        self.place.wait_until_serving()
        shopper.click("a[href='/shop/cart']")
        shopper.drained(60)
        sent = shopper.sent()
        documents = self.arrived(visitor, len(sent))
        self.assertEqual({one["_id"] for one in documents}, set(sent))
        self.named(documents, "Product Added", product_id="chair-furu")
        self.named(documents, "Product Added to Wishlist", product_id="chair-furu")

    def test_a_killed_clickd_web_loses_and_doubles_nothing(self):
        self.killed("clickd-web")

    def test_a_killed_clickd_loses_and_doubles_nothing(self):
        self.killed("clickd")

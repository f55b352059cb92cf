"""Every activity arrives in MongoDB with the right product, exactly once, and the drawer shows it on its way."""

from shopper import ShopTest, eventually


class Activities(ShopTest):
    def test_a_visit_from_the_first_look_to_the_order_is_in_mongodb_once(self):
        shopper = self.shopper
        shopper.open("?utm_source=letter&utm_medium=email&utm_campaign=may")
        shopper.click("a[href='/shop/c/light']")
        shopper.click(".grid a[href='/shop/p/lamp-sopp']")
        shopper.click(".stepper [data-action=more]")
        shopper.click("[data-action=add]")
        shopper.click(".product .wish")
        shopper.search("wool")
        shopper.search("spaceship")
        shopper.open("p/mug-aske")
        shopper.click("[data-action=add]")
        shopper.click("a[href='/shop/cart']")
        shopper.click("[data-action=less][data-id=lamp-sopp]")
        shopper.click("[data-action=remove][data-id=mug-aske]")
        shopper.click("a[href='/shop/wishlist']")
        shopper.click("[data-action=to-cart][data-id=lamp-sopp]")
        order = shopper.order()
        shopper.drained()

        sent = shopper.sent()
        documents = self.arrived(shopper.anonymous_id, len(sent))
        self.assertEqual({one["_id"] for one in documents}, set(sent))
        lamp = {"product_id": "lamp-sopp", "name": "Sopp table lamp", "price": 149, "currency": "EUR", "category": "Light"}
        activities = [
            self.named(documents, "Product Viewed", **lamp),
            self.named(documents, "Product Viewed", product_id="mug-aske", price=24),
            self.named(documents, "Product Added", quantity=2, **lamp),
            self.named(documents, "Product Added", quantity=1, product_id="mug-aske"),
            self.named(documents, "Product Added", quantity=1, list_id="wishlist", **lamp),
            self.named(documents, "Product Added to Wishlist", **lamp),
            self.named(documents, "Product Removed", quantity=1, **lamp),
            self.named(documents, "Product Removed", quantity=1, product_id="mug-aske"),
            self.named(documents, "Products Searched", query="wool"),
            self.named(documents, "Products Searched", query="spaceship", results=0),
            self.named(documents, "Checkout Started", order_id=order, value=298, shipping=0, currency="EUR"),
            self.named(documents, "Order Completed", order_id=order, revenue=298, total=298, currency="EUR"),
        ]
        self.assertEqual([one["activity"] for one in activities], [
            "view_product", "view_product", "add_to_cart", "add_to_cart", "add_to_cart", "add_to_wishlist",
            "remove_from_cart", "remove_from_cart", "search", "search", "proceed_to_checkout", "order"])
        completed = activities[-1]
        self.assertEqual([(line["product_id"], line["quantity"], line["price"]) for line in completed["properties"]["products"]], [("lamp-sopp", 2, 149)])
        self.assertTrue(completed["userId"].startswith("K-"))
        self.assertEqual(completed["visitor"], f"a:{shopper.anonymous_id}")
        for one in documents:
            self.assertEqual(one["context"]["app"], {"name": "clickd demonstration shop"})
            self.assertEqual(one["context"]["campaign"], {"source": "letter", "medium": "email", "name": "may"})
            self.assertNotIn("Ada", str(one), "what is written into the checkout stays in the page")

    def test_the_drawer_follows_each_event_into_mongodb(self):
        shopper = self.shopper
        shopper.open("p/vase-bue")
        shopper.click("[data-action=add]")
        rows = lambda: [row.get_attribute("data-state") for row in shopper.all(".events > li")]
        eventually("three rows, all stored", lambda: rows() == ["stored"] * 3)
        eventually("the tally agrees", lambda: [one.text for one in shopper.all(".tally dd")] == ["3", "3", "3"])
        shopper.click(".events > li summary")
        papers = eventually("the document is shown", lambda: [one.text for one in shopper.all(".papers pre")])
        self.assertIn('"product_id": "vase-bue"', papers[0])
        self.assertIn('"activity": "add_to_cart"', papers[1])
        self.assertIn('"product_id": "vase-bue"', papers[1])

    def test_attributes_send_events_without_a_script_of_the_shop(self):
        shopper = self.shopper
        shopper.open("p/vase-bue")
        shopper.run("""
            document.querySelector("main").insertAdjacentHTML("beforeend", `
              <form data-clickd-event="Products Searched" data-clickd-results="3"><input data-clickd-property="query" value="007"></form>
              <button data-clickd-event="Product Added" data-clickd-product-id="0042" data-clickd-price="12.50" type="button"><b>Add</b></button>
              <div class="tall"></div>
              <section data-clickd-event="Product List Viewed" data-clickd-list-id="far down" data-clickd-on="visible">Far down</section>`);
            document.querySelector(".tall").style.height = "3000px";
            document.querySelector("main form:last-of-type").requestSubmit();
            document.querySelector("[data-clickd-product-id='0042'] b").click();""")
        shopper.drained()
        self.assertNotIn("far down", [one.get("properties", {}).get("list_id") for one in shopper.sent().values()], "not seen yet")
        for _ in range(2):  # once, however often it is seen
            shopper.run("document.querySelector('main > section[data-clickd-event]').scrollIntoView()")
            eventually("it was seen", lambda: any(one.get("properties", {}).get("list_id") == "far down" for one in shopper.sent().values()))
            shopper.run("scrollTo(0, 0)")
        shopper.drained()
        documents = self.arrived(shopper.anonymous_id, 5)
        self.assertEqual(self.named(documents, "Products Searched")["properties"], {"query": "007", "results": 3})
        self.assertEqual(self.named(documents, "Product Added")["properties"], {"product_id": "0042", "price": 12.5})
        self.assertEqual(self.named(documents, "Product List Viewed")["properties"], {"list_id": "far down"})

    def test_global_privacy_control_leaves_the_visitor_out(self):
        shopper = self.shopper
        shopper.cdp("Page.addScriptToEvaluateOnNewDocument",
                    source="Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
        shopper.open("p/clock-stund")
        shopper.click("[data-action=add]")
        order = shopper.order()
        shopper.drained()
        found = eventually("the order is there", lambda: self.place.events(**{"properties.order_id": order, "event": "Order Completed"}))
        self.assertEqual(len(found), 1)
        self.assertEqual({"anonymousId", "userId", "visitor"} & set(found[0]), set())
        self.assertIsNone(shopper.anonymous_id)

    def test_two_tabs_share_one_queue_and_one_visitor(self):
        shopper = self.shopper
        shopper.open("p/stool-krakk")
        visitor = shopper.anonymous_id
        first = shopper.driver.current_window_handle
        shopper.driver.switch_to.new_window("tab")
        shopper.look(1440, 900)
        shopper.open("p/throw-ull")
        shopper.click("[data-action=add]")
        shopper.driver.switch_to.window(first)
        shopper.click("[data-action=add]")
        shopper.drained()
        # page, view and add in each tab
        documents = self.arrived(visitor, 6)
        self.named(documents, "Product Added", product_id="throw-ull")
        self.named(documents, "Product Added", product_id="stool-krakk")
        for tab in shopper.driver.window_handles:
            shopper.driver.switch_to.window(tab)
            eventually("each tab's drawer follows its own, whoever sent them", lambda: shopper.one(".inside .state").text == "All 3 stored")

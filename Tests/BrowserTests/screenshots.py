"""Takes the pictures of docs/screenshots: Tests/BrowserTests/run --screenshots. Each is of the real shop with real events,
and under 200 KB."""

import os
import pathlib
import subprocess
import tempfile

from place import ROOT, eventually
from shopper import ShopTest

FOLDER = ROOT / "docs/screenshots"
LIMIT = 200_000
DESK, PHONE = (1440, 900), (390, 844)


class Screenshots(ShopTest):
    def shoot(self, name, state="stored"):
        shopper = self.shopper
        eventually(f"the drawer says {state}", lambda: state in shopper.run("return document.querySelector('.inside .state').textContent"))
        shopper.run("scrollTo(0, 0); document.activeElement.blur(); document.querySelector('#toast').classList.remove('shown')")
        eventually("the drawings are there", lambda: shopper.run("return [...document.images].every((image) => image.complete)"))
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            raw = pathlib.Path(folder) / "raw.png"
            shopper.driver.save_screenshot(str(raw))
            subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", FOLDER / f"{name}.png", raw], check=True)
        self.assertLess(os.path.getsize(FOLDER / f"{name}.png"), LIMIT)

    def both(self, name, size):
        for dark in (False, True):
            self.shopper.look(*size, dark)
            self.shoot(f"{name}-{'dark' if dark else 'light'}")

    def test_desk(self):
        shopper = self.shopper
        shopper.open()
        shopper.click(".grid a[href='/shop/p/chair-furu']")
        shopper.click("[data-action=add]")
        shopper.click(".product .wish")
        shopper.search("lamp")
        shopper.click("a[href='/shop/p/lamp-sopp']")
        shopper.click("[data-action=add]")
        shopper.open()
        self.both("shop-home", DESK)
        shopper.open("p/teapot-ro")
        shopper.click(".events summary")
        self.both("shop-product", DESK)
        shopper.open("cart")
        self.both("shop-cart", DESK)
        shopper.open("checkout")
        self.both("shop-checkout", DESK)

    def test_away(self):
        shopper = self.shopper
        self.network_was_away = True
        shopper.open("p/lamp-sopp")
        eventually("all is stored", lambda: "stored" in shopper.one(".inside .state").text)
        self.place.kill("clickd-web")
        shopper.click("[data-action=add]")
        shopper.click(".product .wish")
        self.shoot("shop-away-light", "2 kept, again in")
        self.place.start("clickd-web")
        self.place.wait_until_serving()
        shopper.drained(60)

    def test_phone(self):
        shopper = self.shopper
        shopper.look(*PHONE)
        shopper.open()
        self.both("phone-home", PHONE)
        shopper.open("p/vase-bue")
        shopper.click("[data-action=add]")
        self.both("phone-product", PHONE)
        shopper.click(".handle")
        self.both("phone-drawer", PHONE)

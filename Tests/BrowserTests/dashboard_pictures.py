"""Takes the dashboards' pictures for docs/screenshots: Tests/BrowserTests/run dashboard_pictures. Real numbers out of the
real program; each picture under 200 KB."""

import os
import pathlib
import subprocess
import tempfile
import urllib.parse

import history
from place import ROOT
from reader import DashboardTest

FOLDER = ROOT / "docs/screenshots"
LIMIT = 200_000
DESK, PHONE = (1440, 1100), (390, 844)


class Pictures(DashboardTest):
    def test_each_page_light_and_dark_on_a_desk_and_a_phone(self):
        events = history.history(64, 90) + history.recent(26)
        history.send(self.place.base, events)
        self.counted(len(events), 240)
        visitor = max(self.api("visitors", step=4, state="reached", limit=200)["visitors"], key=lambda one: one["last"])["visitor"]
        pages = {"overview": "/", "funnel": "/funnel", "products": "/products", "searches": "/searches", "wishlist": "/wishlist", "live": "/live",
                 "journey": f"/journey/{urllib.parse.quote(visitor, safe='')}", "retention": "/retention", "trust": "/trust"}
        for name, path in pages.items():
            for kind, size in (("desk", DESK), ("phone", PHONE)):
                for dark in (False, True):
                    self.reader.look(*size, dark)
                    self.reader.open(path)
                    self.shoot(f"dashboard-{name}-{kind}-{'dark' if dark else 'light'}")

    def shoot(self, name):
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            raw = pathlib.Path(folder) / "raw.png"
            self.reader.driver.save_screenshot(str(raw))
            subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", FOLDER / f"{name}.png", raw], check=True)
        self.assertLess(os.path.getsize(FOLDER / f"{name}.png"), LIMIT)

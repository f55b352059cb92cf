#!/usr/bin/env python3
"""Drives the Streamlit shop with Streamlit's own AppTest against the clickd of CLICKD_SOCKET.

Prints the messageId of every event that must then be in the database, one a line, nothing else on
stdout. Fails when the daemon is away, refuses, or the page says anything but what happened.
"""

import os
import pathlib
import re
import sys

from streamlit.testing.v1 import AppTest

APP = pathlib.Path(__file__).resolve().parents[2] / "examples" / "streamlit" / "app.py"
ACTIVITIES = {"view_product": "Product Viewed", "add_to_cart": "Product Added",
              "proceed_to_checkout": "Checkout Started", "add_to_wishlist": "Product Added to Wishlist",
              "search": "Products Searched"}


def check(claim, app, what):
    if not claim:
        said = [f"{it.type}: {it.value}" for kind in (app.success, app.error, app.warning, app.exception) for it in kind]
        sys.exit(f"failed: {what}; the page says {said}")


def stored(app):
    """(event, messageId) of every event that the page calls stored."""
    return [re.fullmatch(r"(.+) is stored \((.+)\)", it.value).groups() for it in app.success]


def main():
    path = os.environ.get("CLICKD_SOCKET", "/run/clickd/clickd.sock")
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    check(app.title[0].value == "Online shop" and not app.exception, app, "the page opens")
    check(len(app.selectbox(key="product").options) >= 12, app, "a dozen products are offered")
    visitor = app.session_state["anonymous_id"]
    app.text_input(key="customer_name").input("Ada")
    app.text_input(key="customer_id").input("c-1").run()

    ids = []
    app.button(key="search").click().run()
    check(len(app.warning) == 1 and not app.success, app, "an empty search sends nothing")
    for number, (button, name) in enumerate(ACTIVITIES.items()):
        app.selectbox(key="product").select_index(number)
        app.text_input(key="query").input("tea")
        app.button(key=button).click().run()
        check(not app.error and not app.exception, app, f"{button} goes well")
        sent = stored(app)
        check([it for it, _ in sent] == [name], app, f"{button} stores one {name}")
        ids.append(sent[0][1])
    check(app.session_state["anonymous_id"] == visitor, app, "the visitor stays the same")

    # Away: no success, the event is kept, and sent under the same id when clickd is back.
    os.environ["CLICKD_SOCKET"] = path + ".nobody-is-here"
    app.button(key="view_product").click().run()
    check(not app.success and len(app.error) == 1 and "1 kept" in app.error[0].value, app, "an event is kept")
    kept = app.session_state["kept"][0]["messageId"]
    os.environ["CLICKD_SOCKET"] = path
    app.button(key="add_to_cart").click().run()
    sent = stored(app)
    check([it for it, _ in sent] == ["Product Viewed", "Product Added"] and sent[0][1] == kept, app,
          "a kept event goes first, under its own id")
    ids += [it for _, it in sent]
    check(len(set(ids)) == len(ids) == 7 and not app.session_state["kept"], app, "ids are distinct, nothing is kept")
    print("\n".join(ids))


if __name__ == "__main__":
    main()

"""Online shop: five activities of a customer, each an event for clickd.

A click makes the event and its messageId, once, and puts it among the session's kept events. All kept
events are then sent over the acknowledged stream; only what clickd settled leaves them.
"""

import pathlib
import sys
import uuid
from datetime import datetime, timezone

import streamlit as st

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
from clickd_sender import ClickdSender  # noqa: E402

MOST_KEPT = 100
SECONDS_TO_WAIT = 2.0
CURRENCY = "EUR"
PRODUCTS = {
    "P-01": ("Espresso cup", 9.50), "P-02": ("Teapot", 34.00), "P-03": ("Coffee grinder", 79.90),
    "P-04": ("French press", 29.95), "P-05": ("Milk frother", 19.90), "P-06": ("Kettle", 44.50),
    "P-07": ("Cake stand", 24.00), "P-08": ("Linen apron", 27.50), "P-09": ("Bread knife", 39.00),
    "P-10": ("Cutting board", 32.00), "P-11": ("Spice rack", 49.00), "P-12": ("Wok", 58.00),
}


def event(name, properties):
    customer = st.session_state.customer_id.strip()
    made = {"event": name, "messageId": str(uuid.uuid4()), "anonymousId": st.session_state.anonymous_id,
            "timestamp": datetime.now(timezone.utc).isoformat(), "properties": properties,
            "context": {"app": {"name": "streamlit-shop"}}}
    if customer:
        made["userId"] = customer
    if st.session_state.customer_name.strip():
        made["traits"] = {"name": st.session_state.customer_name.strip()}
    return made


def send_kept():
    """Sends the kept events, oldest first, and says what became of each."""
    kept, refused = st.session_state.kept, {}

    def on_refused(it, code, text):
        refused[it["messageId"]] = (code, text)

    sender = ClickdSender(max_unsettled=MOST_KEPT, on_refused=on_refused)
    try:
        for it in kept:
            sender.send(it, timeout=SECONDS_TO_WAIT)
        sender.close(timeout=SECONDS_TO_WAIT)
        unsettled = {it["messageId"] for it in sender.unsettled}
    except (RuntimeError, ValueError) as error:
        st.error(f"clickd cannot take events: {error}")
        return
    still_kept = []
    for it in kept:
        code, text = refused.get(it["messageId"], (None, None))
        if it["messageId"] in unsettled or code == "full":
            still_kept.append(it)
        elif code:
            st.error(f"{it['event']} was refused: {code} {text}")
        else:
            st.success(f"{it['event']} is stored ({it['messageId']})")
    st.session_state.kept = still_kept
    if still_kept:
        why = "clickd has no room" if not unsettled else "clickd does not answer"
        st.error(f"{why}: {len(still_kept)} kept, to be sent again")


def act(name, properties):
    if len(st.session_state.kept) >= MOST_KEPT:
        st.error(f"{name} was not taken: {MOST_KEPT} events are waiting for clickd already")
    else:
        st.session_state.kept.append(event(name, properties))
    send_kept()


st.session_state.setdefault("anonymous_id", str(uuid.uuid4()))
st.session_state.setdefault("kept", [])

st.title("Online shop")
left, right = st.columns(2)
left.text_input("Customer name", key="customer_name")
right.text_input("Customer id", key="customer_id")

chosen = st.selectbox("Product", PRODUCTS, key="product",
                      format_func=lambda it: f"{PRODUCTS[it][0]}, {PRODUCTS[it][1]:.2f} {CURRENCY}")
product_name, price = PRODUCTS[chosen]
item = {"product_id": chosen, "name": product_name, "price": price, "currency": CURRENCY}

if st.button("View product", key="view_product"):
    act("Product Viewed", item)
if st.button("Add to cart", key="add_to_cart"):
    act("Product Added", {**item, "quantity": 1})
if st.button("Proceed to checkout", key="proceed_to_checkout"):
    act("Checkout Started", {"value": price, "currency": CURRENCY, "products": [{**item, "quantity": 1}]})
if st.button("Add to wishlist", key="add_to_wishlist"):
    act("Product Added to Wishlist", item)

query = st.text_input("Search for", key="query")
if st.button("Search", key="search"):
    if query.strip():
        found = [name for name, _ in PRODUCTS.values() if query.strip().casefold() in name.casefold()]
        st.write(", ".join(found) or "Nothing found")
        act("Products Searched", {"query": query.strip(), "results": len(found)})
    else:
        st.warning("Type what to search for")

if st.session_state.kept:
    st.button("Send again", key="send_again", on_click=send_kept)

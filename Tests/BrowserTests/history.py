"""A shop's last weeks: visitors, what they did and when, always the same for the same day. Sent as any server would send
its history: batches over HTTP with the events' own times."""

import base64
import json
import random
import urllib.request
from datetime import datetime, timedelta, timezone

PRODUCTS = [("mug-aske", "Aske mug", 24, .24, 10), ("lamp-sopp", "Sopp table lamp", 149, .07, 9), ("chair-furu", "Furu lounge chair", 640, .05, 7),
            ("vase-bue", "Bue vase", 56, .27, 8), ("carafe-vik", "Vik carafe", 48, .25, 6), ("pendant-klokke", "Klokke pendant", 189, .12, 5),
            ("throw-ull", "Ull throw", 128, .22, 6), ("teapot-ro", "Ro teapot", 86, .2, 4), ("clock-stund", "Stund wall clock", 78, .17, 3),
            ("stool-krakk", "Krakk stool", 165, .38, 3), ("notebook-blad", "Blad notebook", 18, .3, 2), ("candle-stake", "Stake candle holder", 32, .5, 2)]
TERMS = [("mug", 3), ("lamp", 4), ("wool", 2), ("chair", 2), ("hammock", 0), ("vase", 2), ("rug", 0), ("tea", 1), ("gift card", 0), ("outdoor table", 0)]
DEVICES = [("phone", 58), ("desktop", 37), ("tablet", 5)]
REFERRERS = [(None, 40), ("https://www.google.com/", 32), ("https://www.instagram.com/", 14), ("https://nordicliving.example/guide", 9), ("https://duckduckgo.com/", 5)]
CAMPAIGNS = [(None, 78), ("autumn-light", 14), ("newsletter-46", 8)]


def weighted(dice, pairs):
    return dice.choices([value for value, _ in pairs], [weight for _, weight in pairs])[0]


class Visit:
    """One visitor's way through the shop, from `start`."""

    def __init__(self, dice, visitor, start, user=None):
        self.dice, self.visitor, self.time, self.user, self.events = dice, visitor, start, user, []
        self.context = {"device": {"type": weighted(dice, DEVICES)}, "page": {"url": "https://norrvik.example/"}}
        referrer, campaign = weighted(dice, REFERRERS), weighted(dice, CAMPAIGNS)
        if referrer:
            self.context["page"]["referrer"] = referrer
        if campaign:
            self.context["campaign"] = {"name": campaign}

    def event(self, name, /, **properties):
        self.time += timedelta(seconds=self.dice.expovariate(1 / 40) + 2)
        event = {"type": "track", "event": name, "anonymousId": self.visitor, "messageId": f"{self.visitor}-{self.time.timestamp():.3f}",
                 "timestamp": self.time.isoformat(timespec="milliseconds"), "properties": properties, "context": self.context}
        if self.user:
            event["userId"] = self.user
        self.events.append(event)

    def walk(self):
        dice, cart = self.dice, []
        for _ in range(1 + int(dice.expovariate(.45))):
            if dice.random() < .22:
                term, results = dice.choice(TERMS)
                self.event("Products Searched", query=term, results=results)
            key, name, price, rate, _ = dice.choices(PRODUCTS, [product[4] for product in PRODUCTS])[0]
            product = {"product_id": key, "name": name, "price": price, "currency": "EUR"}
            self.event("Product Viewed", **product)
            if dice.random() < .06:
                self.event("Product Added to Wishlist", **product)
            if dice.random() < rate:
                self.event("Product Added", quantity=1, **product)
                cart.append({**product, "quantity": 1})
        if cart and dice.random() < .45:
            self.event("Checkout Started", products=cart)
            if dice.random() < .62:
                self.event("Order Completed", order_id=f"o-{self.events[0]['messageId']}", currency="EUR",
                           revenue=sum(line["price"] for line in cart), products=cart)
        return self.events


def history(days, a_day, now=None):
    """Events of so many days, about so many visits a day, more at the weekend and more of late."""
    now = now or datetime.now(timezone.utc)
    dice = random.Random(20_261_123)
    known, events = [], []
    for back in range(days - 1, -1, -1):
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        visits = int(a_day * (1 + .25 * (midnight.weekday() >= 5)) * (1.25 - .5 * back / days) * dice.uniform(.86, 1.14))
        for number in range(visits):
            start = midnight + timedelta(hours=min(max(dice.gauss(14.5, 4.2), 0), 23.6), minutes=dice.random() * 20)
            if known and dice.random() < .22:
                visitor, user = dice.choice(known[-1500:])
            else:
                visitor, user = f"{dice.getrandbits(56):014x}", f"{dice.randrange(10_000)}" if dice.random() < .18 else None
                known.append((visitor, user))
            events += [event for event in Visit(dice, visitor, start, user).walk() if datetime.fromisoformat(event["timestamp"]) < now]
    return events


def recent(visitors, now=None):
    """A few who are in the shop just now."""
    now = now or datetime.now(timezone.utc)
    dice = random.Random(7)
    events = []
    for _ in range(visitors):
        walk = Visit(dice, f"{dice.getrandbits(56):014x}", now - timedelta(minutes=dice.random() * 28)).walk()
        events += [event for event in walk if datetime.fromisoformat(event["timestamp"]) < now]
    return events


def send(base, events, key="shop"):
    """Over HTTP, 300 a batch. Every one must be stored."""
    headers = {"Content-Type": "application/json", "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    for at in range(0, len(events), 300):
        body = json.dumps({"batch": events[at:at + 300]}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{base}/v1/batch", body, headers), timeout=60) as answer:
            told = json.load(answer)
            if told["errors"]:
                raise AssertionError(f"not stored: {told['errors'][:3]}")

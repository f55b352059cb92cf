"""Segment's own Python library against a real clickd-web: every kind of call, batches, gzip, keys; and clickd and
clickd-web killed and started again while it sends. What the library was told is stored is in MongoDB once."""

import threading
import time
import unittest
import uuid
from datetime import datetime, timedelta, timezone

import segment.analytics.request as wire
from place import PlaceTest, eventually
from segment.analytics.client import Client


class Requests:
    """Watches what the library really sends and is answered; changes nothing."""

    def __enter__(self):
        self.seen = []
        self._post = wire._session.post

        def post(*args, **kwargs):
            at = time.monotonic()
            try:
                answer = self._post(*args, **kwargs)
            except Exception as error:
                self.seen.append((at, type(error).__name__, {}))
                raise
            self.seen.append((at, answer.status_code, answer.headers))
            return answer

        wire._session.post = post
        return self

    def __exit__(self, *_):
        wire._session.post = self._post

    @property
    def statuses(self):
        return [status for _, status, _ in self.seen]


class Failures:
    """What the library gives up."""

    def __init__(self):
        self.calls = []

    def __call__(self, error, items):
        self.calls.append((error, [item["messageId"] for item in items]))

    @property
    def ids(self):
        return {one for _, ids in self.calls for one in ids}


def ids(count):
    return [uuid.uuid4().hex for _ in range(count)]


class SegmentTest(PlaceTest):
    def client(self, key="any", **options):
        self.failures = Failures()
        client = Client(key, host=self.place.url, on_error=self.failures, **{"upload_interval": 0.05, **options})
        self.addCleanup(client.join)
        return client

    def assert_waited(self, requests):
        """After an answer with Retry-After the library waits so long: what clickd-web says is followed."""
        for (before, status, headers), (after, _, _) in zip(requests.seen, requests.seen[1:]):
            if status in (429, 503):
                self.assertIn("Retry-After", headers)
                self.assertGreaterEqual(after - before, int(headers["Retry-After"]) - 0.1)


class CallsTest(SegmentTest):
    def test_every_kind_of_call_is_stored_with_its_fields(self):
        client = self.client()
        client.identify("u-1", {"email": "a@shop.example"}, message_id="identify")
        client.track("u-1", "Product Added", {"product_id": "mug-aske", "price": 24}, anonymous_id="a-1", message_id="track")
        client.page("u-1", "Shop", "Cart", {"path": "/shop/cart"}, message_id="page")
        client.screen("u-1", "Shop", "Cart", {"path": "/cart"}, message_id="screen")
        client.group("u-1", "g-1", {"name": "friends"}, message_id="group")
        client.alias("a-1", "u-1", message_id="alias")
        client.flush()
        self.assertEqual(self.failures.calls, [])
        self.assertEqual(self.place.ids(), {"identify", "track", "page", "screen", "group", "alias"})
        documents = {one["_id"]: one for one in self.place.events.find()}
        for name, document in documents.items():
            self.assertEqual(document["type"], name)
            self.assertEqual(document["userId"], "u-1")
            self.assertEqual(document["context"]["library"]["name"], "analytics-python")
        track = documents["track"]
        self.assertEqual((track["activity"], track["visitor"]), ("add_to_cart", "a:a-1"))
        self.assertEqual(track["properties"], {"product_id": "mug-aske", "price": 24})
        self.assertEqual(documents["identify"]["traits"], {"email": "a@shop.example"})
        self.assertEqual(documents["group"]["extra"]["groupId"], "g-1")
        self.assertEqual(documents["alias"]["extra"]["previousId"], "a-1")
        self.assertEqual(documents["page"]["extra"]["category"], "Shop")

    def test_batches_plain_and_packed_arrive_whole(self):
        for packed in (False, True):
            wanted = ids(500)
            client = self.client(gzip=packed)
            for number, one in enumerate(wanted):
                client.track("u", "Product Viewed", {"text": "Käse \"x\" \\ \n" + "y" * (number % 300)}, message_id=one)
            client.flush()
            self.assertEqual(self.failures.calls, [])
            self.assertLessEqual(set(wanted), self.place.ids())

    def test_one_at_a_time_returns_when_stored(self):
        client = self.client(sync_mode=True)
        client.consumers = []
        for one in ids(20):
            client.track("u", "Product Viewed", message_id=one)
            # Acknowledged is stored: clickd has it though it may not have come to MongoDB yet.
        self.assertEqual(self.place.ledger["stored"], 20)

    def test_a_time_is_the_time_it_happened(self):
        past = datetime.now(timezone.utc) - timedelta(days=2)
        client = self.client()
        client.track("u", "Product Viewed", timestamp=past, message_id="past")
        client.flush()
        self.place.ids()
        stored = self.place.events.find_one({"_id": "past"})["ts"].replace(tzinfo=timezone.utc)
        self.assertLess(abs(stored - past), timedelta(seconds=2))

    def test_the_same_id_twice_is_stored_once(self):
        moment = datetime.now(timezone.utc)
        for _ in range(2):
            client = self.client()
            client.track("u", "Product Viewed", message_id="twice", timestamp=moment)
            client.flush()
        self.assertEqual(self.place.ids(), {"twice"})
        self.assertEqual(self.place.ledger["stored"], 2)
        self.assertEqual(self.place.ledger["duplicates"], 1)


class KeyTest(SegmentTest):
    web = 'write_keys = { shop = "right-key", blog = "other-key" }'

    def test_a_right_key_names_the_source(self):
        for key, source in (("right-key", "shop"), ("other-key", "blog")):
            client = self.client(key)
            client.track("u", "Product Viewed", message_id=source)
            client.flush()
            self.assertEqual(self.failures.calls, [])
        self.place.ids()
        self.assertEqual({one["_id"]: one["source"] for one in self.place.events.find()}, {"shop": "shop", "blog": "blog"})

    def test_a_wrong_key_is_final_and_nothing_is_stored(self):
        client = self.client("wrong-key")
        with Requests() as requests:
            client.track("u", "Product Viewed", message_id="wrong")
            client.flush()
        self.assertEqual(requests.statuses, [400])
        self.assertEqual(self.failures.ids, {"wrong"})
        self.assertEqual(self.place.ids(), set())


class RetryTest(SegmentTest):
    def test_while_clickd_is_away_the_library_waits_as_told_and_loses_nothing(self):
        client = self.client()
        self.place.kill("daemon")
        with Requests() as requests:
            client.track("u", "Product Viewed", message_id="away")
            eventually(lambda: requests.seen, what="a first answer")
            self.place.start_daemon()
            client.flush()
        self.assertEqual(requests.statuses[-1], 200)
        self.assertEqual(set(requests.statuses[:-1]), {503})
        self.assert_waited(requests)
        self.assertEqual(self.failures.calls, [])
        self.assertEqual(self.place.ids(), {"away"})

    def test_while_clickd_web_is_away_the_library_goes_on_trying(self):
        client = self.client()
        self.place.kill("web")
        with Requests() as requests:
            client.track("u", "Product Viewed", message_id="gone")
            eventually(lambda: len(requests.seen) > 1, what="two failures")
            self.place.start_web()
            client.flush()
        self.assertEqual(requests.statuses[-1], 200)
        self.assertEqual(self.failures.calls, [])
        self.assertEqual(self.place.ids(), {"gone"})

    def test_a_batch_is_taken_though_some_of_it_is_wrong(self):
        client = self.client(upload_size=10, upload_interval=1)
        with Requests() as requests:
            for number in range(10):
                # A name longer than 200 characters is refused by clickd for good.
                client.track("u", "x" * 201 if number == 3 else "Product Viewed", message_id=f"e{number}")
            client.flush()
        self.assertEqual(requests.statuses, [200])
        self.assertEqual(self.place.ids(), {f"e{number}" for number in range(10) if number != 3})


class FullTest(SegmentTest):
    """An outbox of the least size, and nobody who takes from it: clickd is full in earnest."""

    environment = {
        "CLICKD_OUTBOX_MAX_BYTES": "4 MiB", "CLICKD_KAFKA_BROKERS": "127.0.0.1:1", "CLICKD_MONGODB_URI": "mongodb://127.0.0.1:1",
        "CLICKD_INTAKE_WHEN_FULL": "refuse",
    }

    def test_a_full_clickd_says_429_and_gets_all_of_it_later(self):
        client = self.client(max_queue_size=100_000)
        wanted = []
        with Requests() as requests:
            def fill():
                for one in ids(100):
                    wanted.append(one)
                    # Noise, which the outbox cannot pack.
                    client.track("u", "Product Viewed", {"noise": "".join(uuid.uuid4().hex for _ in range(60))}, message_id=one)
                return 429 in requests.statuses

            eventually(fill, 40, "clickd is full")
            answer = next(headers for _, status, headers in requests.seen if status == 429)
            self.assertGreater(int(answer["Retry-After"]), 0)
            self.assertGreater(int(answer["X-RateLimit-Reset"]), 0)
            self.place.environment = {}
            self.place.kill("daemon")
            self.place.start_daemon()
            client.flush()
        self.assert_waited(requests)
        self.assertEqual(self.failures.calls, [])
        self.assertEqual(self.place.ids(), set(wanted))


class KillTest(SegmentTest):
    def test_what_was_acknowledged_is_there_once_after_many_kills(self):
        """Four clients send; clickd, clickd-web or both are killed every second or so."""
        clients = [self.client(gzip=number % 2 == 0, max_queue_size=100_000, timeout=5) for number in range(4)]
        failures = Failures()
        for client in clients:
            for consumer in client.consumers:
                consumer.on_error = failures
        sent = [[] for _ in clients]
        is_over = threading.Event()

        def send(client, mine):
            while not is_over.is_set():
                for one in ids(20):
                    taken, _ = client.track("u", "Product Viewed", {"n": len(mine)}, message_id=one)
                    if taken:
                        mine.append(one)
                time.sleep(0.05)

        threads = [threading.Thread(target=send, args=pair) for pair in zip(clients, sent)]
        for thread in threads:
            thread.start()
        with Requests() as requests:
            for turn in range(12):
                time.sleep(0.7 + turn % 3 * 0.4)
                which = [("daemon",), ("web",), ("daemon", "web")][turn % 3]
                self.place.kill(*which)
                time.sleep(0.2 * (turn % 2))
                for name in which:
                    getattr(self.place, f"start_{name}")()
            is_over.set()
            for thread in threads:
                thread.join()
            for client in clients:
                client.flush()
        acknowledged = {one for mine in sent for one in mine} - failures.ids
        self.assertGreater(len(acknowledged), 2000)
        # The kills were felt.
        self.assertTrue(set(requests.statuses) - {200}, requests.statuses)
        stored = self.place.ids()
        self.assertEqual(acknowledged - stored, set())
        # Nothing comes from nowhere: what else is there was given up by the library after it had arrived.
        self.assertLessEqual(stored - acknowledged, failures.ids)
        # Ids are keys: once is all there can be; the ledger tells that repeats were seen as such.
        self.assertEqual(self.place.events.count_documents({}), len(stored))


if __name__ == "__main__":
    unittest.main()

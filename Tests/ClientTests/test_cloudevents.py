"""The CloudEvents SDK against a real clickd-web: structured, binary and batch; repeats; and kills meanwhile."""

import threading
import time
import unittest
import uuid
from datetime import datetime, timedelta, timezone

import requests
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from place import PlaceTest


def event(identity=None, source="/shop", kind="Product Viewed", data=None, **more):
    attributes = {"id": identity or uuid.uuid4().hex, "source": source, "type": kind, "specversion": "1.0", **more}
    return CloudEvent(attributes, {"product_id": "mug-aske"} if data is None else data)


def batch_of(events):
    """The SDK writes single events; a batch is a list of them."""
    body = b"[" + b",".join(JSONFormat().write(one) for one in events) + b"]"
    return HTTPMessage({"content-type": "application/cloudevents-batch+json"}, body)


class CloudEventsTest(PlaceTest):
    def send(self, message):
        return requests.post(self.place.url + "/v1/events", data=message.body, headers=message.headers, timeout=20)

    def stored(self):
        """The documents by (source, id) of the event they were."""
        self.place.settle()
        return {
            (one["extra"]["cloudEvent"]["source"], one["extra"]["cloudEvent"]["id"]): one for one in self.place.events.find()}

    def test_structured_binary_and_batch_become_events(self):
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        events = {
            "structured": event("structured", time=yesterday, subject="sühne"),
            "binary": event("binary", time=yesterday, subject="sühne", datacontenttype="application/json"),
            "batched-1": event("batched-1", kind="Order Completed", data={"order_id": "o", "revenue": 1.5}),
            "batched-2": event("batched-2", kind="com.example.other"),
        }
        for message, count in (
            (to_structured_event(events["structured"]), 1), (to_binary_event(events["binary"]), 1),
            (batch_of([events["batched-1"], events["batched-2"]]), 2),
        ):
            answer = self.send(message)
            self.assertEqual(answer.status_code, 200, answer.text)
            self.assertEqual((answer.json()["received"], answer.json()["stored"]), (count, count))
        stored = self.stored()
        self.assertEqual(set(stored), {("/shop", name) for name in events})
        for name in ("structured", "binary"):
            document = stored["/shop", name]
            self.assertEqual((document["event"], document["activity"]), ("Product Viewed", "view_product"))
            self.assertEqual(document["properties"], {"product_id": "mug-aske"})
            self.assertEqual(document["extra"]["cloudEvent"]["subject"], "sühne")
            self.assertLess(abs(document["ts"].replace(tzinfo=timezone.utc) - yesterday), timedelta(milliseconds=2))
        self.assertEqual(stored["/shop", "batched-1"]["activity"], "order")
        self.assertIsNone(stored["/shop", "batched-2"]["activity"])

    def test_an_id_is_unique_within_its_source_alone_and_a_repeat_is_stored_once(self):
        one = event("same", source="/a")
        for message in (to_structured_event(one), to_binary_event(one), batch_of([one, event("same", source="/b")])):
            self.assertEqual(self.send(message).status_code, 200)
        self.assertEqual(set(self.stored()), {("/a", "same"), ("/b", "same")})
        self.assertEqual(self.place.ledger["duplicates"], 2)

    def test_what_is_no_event_is_refused_for_good(self):
        structured = to_structured_event(event())
        for message in (
            HTTPMessage(structured.headers, b"{"), HTTPMessage(structured.headers, b"[]"),
            HTTPMessage(structured.headers, structured.body.replace(b'"1.0"', b'"0.3"')),
            HTTPMessage({"content-type": "application/json"}, b"{}"), HTTPMessage({"content-type": "image/png"}, b"x"),
            HTTPMessage({"content-type": "application/cloudevents-batch+json"}, structured.body),
        ):
            answer = self.send(message)
            self.assertEqual(answer.status_code, 400, message)
            self.assertTrue(answer.json()["code"] and answer.json()["message"])
        self.assertEqual(self.stored(), {})

    def test_what_was_acknowledged_is_there_once_after_kills(self):
        acknowledged, failures, is_over = set(), set(), threading.Event()

        def send(mode):
            while not is_over.is_set():
                events = [event() for _ in range(5 if mode == "batch" else 1)]
                message = batch_of(events) if mode == "batch" else (
                    to_binary_event if mode == "binary" else to_structured_event)(events[0])
                # The sender repeats until it is told that they are stored.
                while not is_over.is_set():
                    try:
                        status = self.send(message).status_code
                    except requests.RequestException as error:
                        status = type(error).__name__
                    if status == 200:
                        acknowledged.update(one.get_id() for one in events)
                        break
                    failures.add(status)
                    time.sleep(0.05)

        threads = [threading.Thread(target=send, args=(mode,)) for mode in ("structured", "binary", "batch")]
        for thread in threads:
            thread.start()
        for turn in range(6):
            time.sleep(0.5)
            which = [("daemon",), ("web",), ("daemon", "web")][turn % 3]
            self.place.kill(*which)
            time.sleep(0.2)
            for name in which:
                getattr(self.place, f"start_{name}")()
        time.sleep(0.5)
        is_over.set()
        for thread in threads:
            thread.join()
        self.assertGreater(len(acknowledged), 300)
        self.assertIn(503, failures)
        self.assertLessEqual(failures, {503, "ConnectionError", "ReadTimeout", "ChunkedEncodingError"})
        stored = self.stored()
        self.assertEqual(acknowledged - {identity for _, identity in stored}, set())
        self.assertEqual(self.place.events.count_documents({}), len(stored))


if __name__ == "__main__":
    unittest.main()

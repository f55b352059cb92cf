"""Fuzzes clickd-web: requests made from a seed (events changed byte by byte, wrong types, random bytes, broken and
swollen gzip, odd headers), thousands a second over real connections that are kept. Promises that are checked:

- every whole request has one answer, and it is 200, 400 or 429; 5xx only while clickd is down;
- what 200 called stored is in MongoDB afterwards, and clickd's ledger balances;
- neither program ends, and clickd-web still answers an ordinary request.

Ends with "N passed, N failed" (promises); a failure names seed, worker and case, which repeat it: --seed S --worker W --case N.
"""

import argparse
import gzip
import json
import multiprocessing
import random
import socket
import sys
import time

import requests
from place import Place, eventually

PATHS = ["track", "page", "screen", "identify", "group", "alias", "batch", "t", "p", "s", "i", "g", "a", "b", "events"]
ATOMS = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64 - 1, -(2**63), 1.5, -0.0, 1e308, "", "x", "é\u0000\n\"\\", "𝄞" * 60,
    "2026-11-23T10:00:00Z", "2026-02-30T10:00:00Z", "x" * 201, "y" * 300, [], {}, [[]], {"": 1}, {"$set": {"a.b": 1}},
]
FIELDS = [
    "event", "type", "messageId", "anonymousId", "userId", "timestamp", "originalTimestamp", "sentAt", "properties", "context",
    "traits", "receivedAt", "host", "source", "writeKey", "batch", "integrations", "_id", "specversion", "id", "data", "x",
]
HEADERS = [
    b"Content-Type: text/plain", b"Content-Type: application/cloudevents+json", b"Content-Type: application/cloudevents-batch+json",
    b"Content-Type: \xff\xfe", b"Content-Type:", b"Content-Encoding: gzip", b"Content-Encoding: br", b"Authorization: Basic !!!",
    b"Authorization: Basic a2V5Og==", b"Sec-GPC: 1", b"User-Agent: Googlebot/2.1", b"User-Agent: " + b"u" * 3000,
    b"ce-id: 1", b"ce-specversion: 1.0", b"ce-source: %zz%", b"ce-type: \xc3\x28", b"X-Forwarded-For: nonsense",
]
# Megabytes of nothing in a few kilobytes.
BOMBS = [gzip.compress(b" " * size, 6) for size in (511_000, 513_000, 20_000_000)]
BRACKETS = (b"[", b'{"a":')


class Maker:
    """The requests of one seed. `taken` ids are those of events that nothing is wrong with."""

    def __init__(self, seed, name):
        self.random = random.Random(seed)
        self.name = name
        self.count = 0

    def good(self):
        self.count += 1
        return {
            "type": "track", "event": "Product Viewed", "messageId": f"{self.name}-{self.count}", "anonymousId": "a",
            "properties": {"product_id": "mug-aske", "price": 24, "tags": ["a", {"b": [1, 2.5, None]}]}, "context": {"page": {"path": "/"}},
        }

    def wrong(self):
        """An event of wrong types and odd members."""
        event = self.good()
        for _ in range(self.random.randint(1, 4)):
            value = self.random.choice(ATOMS)
            for _ in range(self.random.randint(0, 3)):
                value = [value] if self.random.random() < 0.5 else {self.random.choice(FIELDS): value}
            event[self.random.choice(FIELDS)] = value
        return event

    def changed(self, body):
        """Bytes flipped, cut, doubled, put in, exchanged."""
        body = bytearray(body)
        for _ in range(self.random.randint(1, 6)):
            at = self.random.randrange(len(body) + 1)
            kind = self.random.randrange(6)
            if kind == 0 and at < len(body):
                body[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                del body[at:at + self.random.randint(1, 20)]
            elif kind == 2:
                body[at:at] = self.random.randbytes(self.random.randint(1, 8))
            elif kind == 3:
                body[at:at] = body[at:at + self.random.randint(1, 100)]
            elif kind == 4:
                body[at:at] = self.random.choice([b"\n", b"\0", b"}", b"]", b'"', b"\\u", b"\\ud800", b"1e999", b"tru", b"\r\n", b","])
            else:
                del body[at:]
        return bytes(body)

    def body(self):
        draw = self.random.random()
        if draw < 0.1:
            return self.random.randbytes(self.random.randint(0, 400))
        if draw < 0.13:
            return self.random.choice(BRACKETS) * self.random.choice([10, 63, 64, 65, 2000])
        if draw < 0.15:
            return json.dumps({"batch": [self.good() for _ in range(self.random.randint(0, 30))]}).encode()
        if draw < 0.16:
            return json.dumps(self.good() | {"properties": {"x": "y" * self.random.choice([32_000, 33_000, 70_000, 510_000])}}).encode()
        text = json.dumps(self.wrong() if draw < 0.5 else self.good()).encode()
        if draw < 0.65:
            text = b'{"batch":[' + text + b"," + json.dumps(self.wrong()).encode() + b"]}"
        return self.changed(text) if draw > 0.3 else text

    def packed(self, body):
        draw = self.random.random()
        if draw < 0.1:
            return self.random.choice(BOMBS)
        packed = gzip.compress(body, 1)
        if draw < 0.5:
            return self.changed(packed)
        return packed + gzip.compress(body, 1) if draw < 0.6 else packed

    def request(self):
        """The bytes of a whole request, and the id that is stored if it says so (ordinary ones alone)."""
        if self.random.random() < 0.1:
            event = self.good()
            return self.framed(b"/v1/track", [b"Content-Type: application/json"], json.dumps(event).encode()), event["messageId"]
        headers = [b"Content-Type: application/json"] if self.random.random() < 0.7 else []
        headers += self.random.sample(HEADERS, self.random.choice([0, 0, 0, 1, 1, 2, 4]))
        body = self.body()
        if any(b"gzip" in one for one in headers):
            body = self.packed(body)
        path = b"/v1/" + self.random.choice(PATHS).encode()
        if self.random.random() < 0.02:
            return self.framed(b"/v1/pixel.gif?event=" + self.random.choice([b"x", b"%00", b"%zz", b"%ff", b"y" * 3000]), [], b"", b"GET"), None
        return self.framed(path, headers, body), None

    @staticmethod
    def framed(path, headers, body, method=b"POST"):
        return b"\r\n".join([
            method + b" " + path + b" HTTP/1.1", b"Host: shop.example", *headers, b"Content-Length: %d" % len(body), b"", body])


class Connection:
    """A kept connection: one request at a time."""

    def __init__(self, port):
        self.port = port
        self.socket = None
        self.heard = b""

    def send(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=20)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.heard = b""
        self.socket.sendall(data)

    def answer(self):
        """Status and body."""
        while b"\r\n\r\n" not in self.heard:
            self.read()
        head, _, self.heard = self.heard.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(self.heard) < length:
            self.read()
        body, self.heard = self.heard[:length], self.heard[length:]
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), body

    def read(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("closed without an answer")
        self.heard += piece

    def close(self):
        self.socket.close()
        self.socket = None


def fault(status, body, identity, data):
    """What is wrong with an answer; nothing: None."""
    if status not in (200, 400, 429) or (identity and status == 400):
        return f"{status} {body[:200]!r} to {data[:300]!r}"
    if status == 429 or b"/v1/pixel" in data[:40]:
        return None
    try:
        answer = json.loads(body)
        if status == 400:
            return None if answer["code"] and answer["message"] else f"{body[:200]!r} says nothing"
        return None if answer["stored"] + len(answer["errors"]) == answer["received"] else f"{body[:200]!r} does not add up"
    except (ValueError, KeyError) as error:
        return f"{error!r} in {body[:200]!r}"


def fuzz(arguments):
    """One worker, many connections: its counts by status, the ids that are stored, what was wrong."""
    port, seed, worker, seconds, only = arguments
    statuses, stored, wrong, case = {}, [], [], only or 0
    connections = [Connection(port) for _ in range(1 if only is not None else 32)]
    deadline = time.monotonic() + seconds
    while True:
        asked = []
        for connection in connections:
            # Every case has a seed of its own, so that one alone can be repeated.
            data, identity = Maker(f"{seed}/{worker}/{case}", f"fuzz-{seed}-{worker}-{case}").request()
            asked.append((connection, case, data, identity))
            case += 1
            try:
                connection.send(data)
            except OSError:
                # The server may have refused and closed already: its answer tells.
                pass
        for connection, number, data, identity in asked:
            try:
                status, body = connection.answer()
            except (OSError, ValueError, AttributeError) as error:
                status, body = type(error).__name__, b""
                connection.socket = None
            statuses[status] = statuses.get(status, 0) + 1
            if text := fault(status, body, identity, data):
                wrong.append(f"--worker {worker} --case {number}: {text}")
            if identity and status == 200:
                stored.append(identity)
        if only is not None or time.monotonic() > deadline:
            return statuses, stored, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", default="1", help="what the requests are made from (1)")
    parser.add_argument("--seconds", type=float, default=30, help="how long (30)")
    parser.add_argument("--workers", type=int, default=3, help="processes that send, over 32 connections each (3)")
    parser.add_argument("--case", type=int, help="one case alone")
    parser.add_argument("--worker", type=int, default=0, help="with --case: its worker")
    options = parser.parse_args()

    place = Place().start()
    results = []
    try:
        workers = [options.worker] if options.case is not None else range(options.workers)
        work = [(place.port, options.seed, worker, options.seconds, options.case) for worker in workers]
        started = time.monotonic()
        with multiprocessing.Pool(len(work)) as pool:
            done = pool.map(fuzz, work)
        seconds = time.monotonic() - started
        statuses = {}
        for counts, _, _ in done:
            for status, count in counts.items():
                statuses[status] = statuses.get(status, 0) + count
        print(f"{sum(statuses.values())} requests, {sum(statuses.values()) / seconds:.0f} a second, seed {options.seed}: {statuses}")
        wrong = [text for *_, texts in done for text in texts]
        results.append(("every request has the right answer", not wrong, "\n".join(wrong[:10])))
        alive = [name for name in ("daemon", "web") if getattr(place, name).poll() is not None]
        results.append(("both programs live", not alive, f"{alive}: {place.log('clickd-web')} {place.log('clickd')}"))
        ordinary = {"event": "Product Viewed", "userId": "u", "messageId": "ordinary"}
        answer = requests.post(place.url + "/v1/track", json=ordinary, timeout=10)
        results.append(("an ordinary event is still taken", answer.status_code == 200, answer.text))
        try:
            missing = {one for _, ids, _ in done for one in ids} - place.ids()
            results.append(("what was acknowledged is stored, and the ledger balances", not missing, str(missing)[:500]))
        except AssertionError as error:
            results.append(("what was acknowledged is stored, and the ledger balances", False, str(error)))
        place.kill("daemon")
        down = requests.post(place.url + "/v1/track", json=ordinary, timeout=20).status_code
        place.start_daemon()
        up = eventually(
            lambda: requests.post(place.url + "/v1/track", json=ordinary, timeout=20).status_code == 200, what="clickd is back")
        results.append(("clickd down is 503, and 200 once it is back", down == 503 and up, f"{down}"))
    finally:
        place.remove()
    for promise, is_kept, text in results:
        print(f"{'ok  ' if is_kept else 'FAIL'} {promise}" + ("" if is_kept else f"\n{text}"))
    failed = sum(not is_kept for _, is_kept, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Sends events to clickd over its acknowledged stream socket. No dependencies.

    sender = ClickdSender()
    sender.send({"event": "Product Viewed", "anonymousId": "v-1", "properties": {"sku": "A1"}})
    unsettled = sender.close()          # 0: everything is stored on disk, or was refused and reported

An event stays in memory until clickd settled it. After a disconnect all unsettled events are sent
again, in order; the messageId that each got once makes that safe. A sender belongs to one thread
and one process: make it after the fork. Call flush() where you want certainty; answers are
otherwise read while sending.
"""

import collections
import datetime
import json
import os
import select
import socket
import sys
import time
import uuid

DEFAULT_PATH = "/run/clickd/clickd.sock"


class Full(Exception):
    """The event was not taken: too many others are unsettled. Nothing is lost, the caller has it."""


class ClickdSender:
    def __init__(self, path=None, max_unsettled=1000, on_refused=None):
        """`on_refused(event, code, text)` is told of every event that clickd will never store as it is."""
        self.path = path or os.environ.get("CLICKD_SOCKET", DEFAULT_PATH)
        self.max_unsettled = max_unsettled
        self.on_refused = on_refused or (lambda event, code, text: print(
            f"clickd refused {event['messageId']}: {code} {text}", file=sys.stderr))
        self.stored = self.refused = 0
        self._unsettled = collections.deque()   # (event, line); the event is None once it was refused
        self._socket, self._out, self._answers, self._settled = None, bytearray(), b"", 0
        self._retry_at, self._backoff = 0.0, 0.05

    def send(self, event, timeout=30.0):
        """Takes one event and returns its messageId, which is written into `event`, made once.
        Blocks up to `timeout` seconds while `max_unsettled` events are unsettled, then raises Full."""
        event.setdefault("messageId", str(uuid.uuid4()))
        event.setdefault("timestamp", datetime.datetime.now(datetime.timezone.utc).isoformat())
        line = json.dumps(event, allow_nan=False).encode() + b"\n"
        if not self._turn_until(lambda: len(self._unsettled) < self.max_unsettled, timeout):
            raise Full(f"{len(self._unsettled)} events are unsettled")
        self._unsettled.append((event, line))
        if self._socket:
            self._out += line
        self._turn(0)
        return event["messageId"]

    def flush(self, timeout=10.0):
        """Waits until everything is settled; returns how many events are not."""
        self._turn_until(lambda: not self._unsettled, timeout)
        return len(self.unsettled)

    def close(self, timeout=10.0):
        """flush(), then hangs up; returns how many events are not settled (they are in `unsettled`)."""
        left = self.flush(timeout)
        if self._socket:
            self._socket.close()
            self._socket = None
        return left

    @property
    def unsettled(self):
        return [event for event, _ in self._unsettled if event is not None]

    def _turn_until(self, done, timeout):
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._turn(left)
        return True

    def _turn(self, wait):
        """Connects if need be, reads what came, writes what goes; waits at most `wait` seconds for it."""
        if not self._socket:
            pause = self._retry_at - time.monotonic()
            if pause > 0:
                time.sleep(min(pause, wait))
                return
            if not self._connect():
                return
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        try:
            for _, ready in poll.poll(wait * 1000):
                if ready & select.POLLOUT:
                    del self._out[:self._socket.send(self._out[:65536])]
                if ready & ~select.POLLOUT and not self._read():
                    self._hang_up()
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up()

    def _connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(2)
            connection.connect(self.path)
        except OSError:
            connection.close()
            self._back_off()
            return False
        connection.setblocking(False)
        # Lines are counted anew on every connection, so what was settled before is 0 again.
        self._socket, self._answers, self._settled = connection, b"", 0
        self._out = bytearray(b"CLICKD/1 ACK\n" + b"".join(line for _, line in self._unsettled))
        return True

    def _hang_up(self):
        """Answers may still wait behind a failed write, and they settle events: read them first."""
        try:
            while self._read():
                pass
        except OSError:
            pass
        self._socket.close()
        self._socket = None
        self._unsettled = collections.deque(pair for pair in self._unsettled if pair[0] is not None)
        self._back_off()

    def _back_off(self):
        self._retry_at = time.monotonic() + self._backoff
        self._backoff = min(self._backoff * 2, 5.0)

    def _read(self):
        """One read of answers; a read may end in the middle of a line. False at the end of the stream."""
        data = self._socket.recv(65536)
        *answers, self._answers = (self._answers + data).split(b"\n")
        for answer in answers:
            self._take(answer.decode())
        return bool(data)

    def _take(self, answer):
        word, _, rest = answer.partition(" ")
        if word == "OK":
            for _ in range(int(rest) - self._settled):
                event, _ = self._unsettled.popleft()
                self.stored += event is not None
            self._settled, self._backoff = int(rest), 0.05
        elif word == "NO":
            number, code, text = (rest + "  ").split(" ", 2)
            index = int(number) - self._settled - 1
            event, line = self._unsettled[index]
            self._unsettled[index] = (None, line)   # keeps its place in the count until the OK
            self.refused += 1
            self.on_refused(event, code, text.strip())
        elif answer.startswith("CLICKD/1 ERR"):
            raise RuntimeError(f"clickd does not speak this protocol: {answer}")


def demonstration():
    """The five activities of a visit to a shop."""
    item = {"product_id": "P-1", "name": "Espresso cup", "price": 12.5, "currency": "EUR"}
    for name, properties in [("Products Searched", {"query": "cup", "results": 3}), ("Product Viewed", item),
                             ("Product Added to Wishlist", item), ("Product Added", {**item, "quantity": 1}),
                             ("Checkout Started", {"value": 12.5, "currency": "EUR", "products": [item]})]:
        yield {"event": name, "anonymousId": "demonstration", "properties": properties}


def main():
    """Reads one JSON event a line from stdin; with --demo sends five of its own. Exit 0: all are stored."""
    sender, sent, bad = ClickdSender(), 0, 0
    lines = map(json.dumps, demonstration()) if "--demo" in sys.argv[1:] else sys.stdin
    for line in filter(str.strip, lines):
        sent += 1
        try:
            event = json.loads(line)
            if not isinstance(event, dict):
                raise ValueError("not an object")
            sender.send(event)
        except ValueError as error:
            bad += 1
            print(f"event {sent} is not sent: {error}", file=sys.stderr)
        except Full as error:
            print(f"event {sent} and those after it are not sent: {error}", file=sys.stderr)
            bad += 1
            break
    left = sender.close()
    print(f"sent={sent} stored={sender.stored} refused={sender.refused + bad} unsettled={left}")
    return 0 if sender.stored == sent else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(str(error))

"""The soak's senders, a process each: over the stream with acknowledgement, as datagrams (Unix and UDP), over HTTP. An event
is known by its sender and number (ids.py); a sender's numbers have no gaps.

`sent` and `settled` count events. `resting` is set while the way behind is too long; `finishing` at the end: then a sender
makes nothing new, and ends once what it sent is settled."""

import contextlib
import multiprocessing
import select
import socket
import time

import requests
from ids import messageid

VISITORS = 5000
WINDOW = 20_000  # events of a stream that may wait for their OK
BATCH = 50
PADDING = "https://shop.example/" + "p" * 60


def event(name, number):
    return (
        f'{{"event":"Product Viewed","messageId":"{messageid(name, number)}","anonymousId":"{name}.{number % VISITORS}",'
        f'"properties":{{"product_id":"p{number % 997}","n":{number},"price":{number % 300}.9,"url":"{PADDING}"}}}}')


class Sender(multiprocessing.Process):
    def __init__(self, name, rate, resting, finishing):
        super().__init__(name=name, daemon=True)
        self.rate, self.resting, self.finishing = rate, resting, finishing
        self.counts = multiprocessing.Array("q", 2)

    @property
    def sent(self):
        return self.counts[0]

    @property
    def settled(self):
        return self.counts[1]

    def due(self):
        """How many more the rate allows; what a rest held back is not made up for."""
        now = time.monotonic()
        if self.resting.is_set() or self.finishing.is_set():
            self._since = now
            return 0
        count = min(int((now - self._since) * self.rate), 2000)
        if count == 2000:
            self._since = now
        else:
            self._since += count / self.rate
        return count

    def run(self):
        self._since = time.monotonic()
        while not (self.finishing.is_set() and self.settled == self.sent):
            with contextlib.suppress(OSError, requests.RequestException):
                self.work()
            time.sleep(0.02)


class StreamSender(Sender):
    def __init__(self, name, rate, resting, finishing, path):
        super().__init__(name, rate, resting, finishing)
        self.path = path

    def work(self):
        """One connection."""
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(self.path)
            door.setblocking(False)
            first = following = self.settled
            unsent, answers = b"CLICKD/1 ACK\n", b""
            while not (self.finishing.is_set() and self.settled == self.sent):
                if len(unsent) < 1 << 17:
                    # What was sent before and not settled goes first, whatever the rate says.
                    until = self.sent if following < self.sent else following + self.due()
                    until = min(until, self.settled + WINDOW)
                    if until > following:
                        unsent += "".join(event(self.name, one) + "\n" for one in range(following, until)).encode()
                        following = until
                        self.counts[0] = max(self.counts[0], following)
                readable, writable, _ = select.select([door], [door] if unsent else [], [], 0.01)
                if writable:
                    unsent = unsent[door.send(unsent):]
                if readable:
                    piece = door.recv(1 << 16)
                    if not piece:
                        return
                    *lines, answers = (answers + piece).split(b"\n")
                    for line in lines:
                        if line.startswith(b"OK "):
                            self.counts[1] = first + int(line[3:])
                        elif line != b"CLICKD/1 OK":
                            raise SystemExit(f"{self.name}: {line.decode()}")


class DatagramSender(Sender):
    """Nobody answers: what is sent is settled. `u-…` go to the Unix socket, `i-…` over UDP."""

    def __init__(self, name, rate, resting, finishing, family, address):
        super().__init__(name, rate, resting, finishing)
        self.family, self.address = family, address

    def work(self):
        with socket.socket(self.family, socket.SOCK_DGRAM) as door:
            while not self.finishing.is_set():
                for _ in range(self.due()):
                    self.send(door)
                time.sleep(0.01)
            # The kernel tells of what it dropped with the next that it keeps: one that comes when the queue is empty.
            time.sleep(2)
            self.send(door)

    def send(self, door):
        text = event(self.name, self.sent)
        if self.sent % 2:
            text = "<190>Nov 23 09:00:00 web1 nginx: " + text
        door.sendto(text.encode(), self.address)
        self.counts[0] += 1
        self.counts[1] += 1


class HTTPSender(Sender):
    def __init__(self, name, rate, resting, finishing, url):
        super().__init__(name, rate, resting, finishing)
        self.url = url

    def work(self):
        with requests.Session() as session:
            while not (self.finishing.is_set() and self.settled == self.sent):
                if self.sent == self.settled:
                    self.counts[0] += min(self.due(), BATCH)
                if self.sent == self.settled:
                    time.sleep(0.01)
                    continue
                events = ",".join(event(self.name, one) for one in range(self.settled, self.sent))
                answer = session.post(
                    self.url + "/v1/batch", data=f'{{"batch":[{events}]}}', timeout=60,
                    headers={"Content-Type": "application/json"})
                if answer.status_code == 200:
                    self.counts[1] = self.counts[0]
                elif answer.status_code not in (429, 503):
                    raise SystemExit(f"{self.name}: {answer.status_code} {answer.text}")

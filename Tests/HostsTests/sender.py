"""A web host's sender: numbered events over the stream socket, each kept until it is acknowledged.

  sender.py SOCKET HOST COUNT RATE FILE     until COUNT events in all are acknowledged; RATE a second, 0: as fast as it goes

FILE holds how many are acknowledged. Started again, after whatever end, it goes on from there: what was sent but not
acknowledged is sent again, byte by byte the same. A visitor's events carry rising numbers.
"""

import os
import select
import socket
import sys
import time

PATH, HOST, COUNT, RATE, FILE = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
VISITORS = 500
WINDOW = 5000  # events on their way
PADDING = "https://shop.example/" + "p" * 60


def line(number):
    return (
        f'{{"event":"Product Viewed","messageId":"{HOST}-{number}","anonymousId":"{HOST}-v{number % VISITORS}",'
        f'"properties":{{"product_id":"p{number % 97}","n":{number},"price":19.9,"url":"{PADDING}"}}}}\n').encode()


class Sender:
    def __init__(self):
        self.file = os.open(FILE, os.O_RDWR | os.O_CREAT, 0o644)
        self.settled = int(os.read(self.file, 20) or b"0")
        self.first = self.settled
        self.began = time.monotonic()

    def due(self):
        """How many may be sent by now, counted as `settled` is."""
        if not RATE:
            return COUNT
        return min(COUNT, self.first + int((time.monotonic() - self.began) * RATE))

    def connection(self):
        """One connection, until everything is acknowledged or the daemon is gone."""
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(PATH)
            door.setblocking(False)
            outgoing, incoming = b"CLICKD/1 ACK\n", b""
            base = sent = self.settled
            while self.settled < COUNT:
                until = min(self.due(), self.settled + WINDOW, sent + 500)
                if until > sent and len(outgoing) < 1 << 16:
                    outgoing += b"".join(line(number) for number in range(sent, until))
                    sent = until
                readable, writable, _ = select.select([door], [door] if outgoing else [], [], 0.02)
                if writable:
                    outgoing = outgoing[door.send(outgoing):]
                if readable:
                    block = door.recv(1 << 16)
                    if not block:
                        return
                    *answers, incoming = (incoming + block).split(b"\n")
                    self.take(answers, base)

    def take(self, answers, base):
        for answer in answers:
            words = answer.split()
            if words[0] == b"OK":
                self.settled = base + int(words[1])
            elif words[:2] != [b"CLICKD/1", b"OK"]:
                sys.exit(f"{HOST}: {answer.decode()}")
        os.pwrite(self.file, b"%d" % self.settled, 0)


sender = Sender()
while sender.settled < COUNT:
    try:
        sender.connection()
    except OSError:
        pass  # no daemon now: its socket is looked for again
    time.sleep(0.02)

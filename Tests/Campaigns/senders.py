"""Senders with acknowledgement, a thread each: they send, reconnect and repeat what is not settled, as the protocol asks of
every agent, and keep the history of it."""

import contextlib
import socket
import threading
import time

from history import line


class Sender(threading.Thread):
    """Sends `rate` lines a second until told to finish; then until all are settled."""

    def __init__(self, name, path, rate, window=500):
        super().__init__(name=name, daemon=True)
        self.path, self.rate, self.window = str(path), rate, window
        self.sent = 0  # the highest number ever sent, and one
        self.settled = 0
        self.refused = {}
        self.reconnects = 0
        self.finishing = threading.Event()
        self.holding = threading.Event()  # while it is set, nothing new is sent
        self.failure = None

    def run(self):
        try:
            self._run()
        except Exception as error:  # noqa: BLE001: said by the campaign, which ends
            self.failure = f"{type(error).__name__}: {error}"

    def _run(self):
        began = time.monotonic()
        while not (self.finishing.is_set() and self.settled >= self.sent):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self.path)
                self.reconnects += 1
                self._speak(connection, began)
            time.sleep(0.05)

    def _speak(self, connection, began):
        connection.settimeout(0.02)
        first = self.settled  # the connection's lines count from here
        following = first  # the next to be sent on this connection
        unsent, answers, is_greeted = b"CLICKD/1 ACK\n", b"", False
        while True:
            due = self.sent if self.finishing.is_set() or self.holding.is_set() else int((time.monotonic() - began) * self.rate)
            # One that was sent before is due again, whatever the clock says.
            due = max(due, self.sent)
            while following < due and following < self.settled + self.window and len(unsent) < 65536:
                unsent += line(self.name, following) + b"\n"
                following += 1
                self.sent = max(self.sent, following)
            try:
                if unsent:
                    unsent = unsent[connection.send(unsent):]
            except TimeoutError:
                pass
            except OSError:
                # What was answered may still lie in our own buffer.
                self._listen(connection, answers, first, is_greeted)
                raise
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                piece = None
            if piece == b"":
                return
            if piece:
                answers, is_greeted = self._take(answers + piece, first, is_greeted)
            if self.finishing.is_set() and self.settled >= self.sent:
                return

    def _listen(self, connection, answers, first, is_greeted):
        with contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                answers, is_greeted = self._take(answers + piece, first, is_greeted)

    def _take(self, answers, first, is_greeted):
        *lines, rest = answers.split(b"\n")
        for answer in lines:
            words = answer.decode().split(" ", 3)
            if not is_greeted:
                if answer != b"CLICKD/1 OK":
                    raise ValueError(f"greeted with {answer!r}")
                is_greeted = True
            elif words[0] == "OK":
                self._settle(first + int(words[1]))
            elif words[0] == "NO":
                self.refused[first + int(words[1]) - 1] = words[2]
            else:
                raise ValueError(f"answered {answer!r}")
        return rest, is_greeted

    def _settle(self, number):
        if number < self.settled or number > self.sent:
            raise ValueError(f"OK up to {number}, of {self.sent} sent and {self.settled} settled")
        self.settled = number

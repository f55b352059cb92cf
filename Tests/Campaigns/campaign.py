"""What every campaign has: senders, a look at each ledger at any moment, and the checker's verdict in the end."""

import contextlib
import os
import pathlib
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/ClientTests"))

import history  # noqa: E402
import place  # noqa: E402
from senders import Sender  # noqa: E402


def server(verb, name):
    """Kills, pauses, resumes or restarts a server of `scripts/services run`."""
    subprocess.run(
        [ROOT / "scripts/services", verb, os.environ["CLICKD_SERVICES_DIR"], name], check=True, capture_output=True)


class Campaign:
    """`places`: where daemons run; the first has the intake."""

    def __init__(self, places, rate):
        self.places = places
        self.place = places[0]
        self.senders = [Sender(f"s{number}", self.place.folder / "s", rate) for number in range(3)]
        self.history = history.History()
        self.complaints = []
        self.looks = 0
        self.latest = {}  # of each place: its last status, or None where none answers
        self.is_over = threading.Event()

    def complain(self, text):
        print(f"  COMPLAINT: {text}", flush=True)
        self.complaints.append(text)

    # While it runs

    def begin(self):
        self.watchers = [threading.Thread(target=self.watch, args=(one,), daemon=True) for one in self.places]
        for thread in self.watchers + self.senders:
            thread.start()

    def watch(self, one):
        """Every status must balance, in whatever moment it is asked."""
        while not self.is_over.wait(0.1):
            status = None
            with contextlib.suppress(Exception):
                status = one.status()
            self.latest[one] = status
            if status:
                self.looks += 1
                wrong = history.imbalance(status["ledger"])
                if wrong:
                    self.complain(f"a status did not balance: {wrong}")

    def look_at_senders(self):
        for sender in self.senders:
            if sender.failure:
                self.complain(f"{sender.name}: {sender.failure}")

    # In the end

    def finish(self, settle):
        """All that was sent is settled, then all on its way (`settle` waits for that)."""
        for sender in self.senders:
            sender.finishing.set()
        for sender in self.senders:
            sender.join(120)
            if sender.is_alive():
                self.complain(f"{sender.name} is not settled: {sender.settled} of {sender.sent}")
        try:
            settle(180)
        except AssertionError as error:
            self.complain(str(error))
        self.is_over.set()
        for thread in self.watchers:
            thread.join()

    @property
    def lines(self):
        return sum(one.settled for one in self.senders)

    def records(self):
        """Every record of the topic: (partition, key, value's text)."""
        read = subprocess.Popen(
            ["kcat", "-b", place.KAFKA, "-C", "-t", self.place.name, "-o", "beginning", "-e", "-q", "-f", "%p\t%k\t%s\n"],
            stdout=subprocess.PIPE, text=True)
        for text in read.stdout:
            number, key, value = text.rstrip("\n").split("\t", 2)
            yield int(number), key, value
        if read.wait() != 0:
            self.complain(f"kcat ended with {read.returncode}")

    def check(self, ledger, records=None):
        """`records`: where there is a topic, what it had."""
        past = self.history
        for sender in self.senders:
            past.sent[sender.name], past.settled[sender.name] = sender.sent, sender.settled
            past.refused[sender.name] = sender.refused
        fields = {"event": 1, "visitor": 1, "properties": 1}
        checks = [
            history.check_answers(past), history.check_documents(past, self.place.events.find({}, fields)),
            history.check_end(past, ledger, self.place.events.count_documents({})),
        ]
        if records is not None:
            checks.append(history.check_records(past, records))
        for check in checks:
            for number, complaint in enumerate(check):
                if number < 10:
                    self.complain(complaint)
                else:
                    self.complaints.append(complaint)

    def verdict(self):
        """Says it; the exit status."""
        print(f"verdict: {len(self.complaints)} complaints" if self.complaints else
              "verdict: 0 lost, 0 double, 0 altered, order kept, every refusal justified, every ledger balanced", flush=True)
        return 1 if self.complaints else 0

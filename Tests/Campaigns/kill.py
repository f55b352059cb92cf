"""clickd is killed again and again, at random moments and at named points, at times with Kafka or MongoDB; senders go on.
In the end the checker reads the senders' histories, the topic and MongoDB.

  kill.py KILLER.so [--rounds N] [--seed N] [--mode kafka|direct]

Needs the servers of `scripts/services run`. The same seed makes the same plan; moments within a round are the machine's.
"""

import argparse
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/ClientTests"))

import history  # noqa: E402
import place  # noqa: E402
from senders import Sender  # noqa: E402

# What a round may die at, and up to which call of it: so that each is met within a second or two.
POINTS = {
    "kafka": {
        "pwrite64": 60, "fdatasync": 40, "send": 40, "rd_kafka_produce": 800, "rd_kafka_event_message_array": 40,
        "mongoc_collection_insert_many": 20, "mongoc_bulk_operation_execute": 30, "rd_kafka_commit": 5,
    },
    "direct": {
        "pwrite64": 60, "fdatasync": 40, "send": 40, "mongoc_collection_insert_many": 30,
        "mongoc_bulk_operation_execute": 20,
    },
}
SERVERS_EACH = 40  # rounds; then a server dies too


class Campaign:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        if options.mode == "direct":
            place.KAFKA = None
        self.place = place.Place()
        self.senders = [Sender(f"s{number}", self.place.folder / "s", options.rate) for number in range(3)]
        self.complaints = []
        self.deaths = {}
        self.looks = 0
        self.is_over = threading.Event()

    def complain(self, text):
        print(f"  COMPLAINT: {text}", flush=True)
        self.complaints.append(text)

    # While it runs

    def watch(self):
        """Every status must balance, in whatever moment it is asked."""
        while not self.is_over.wait(0.1):
            with contextlib.suppress(Exception):
                status = self.place.status()
                if status:
                    self.looks += 1
                    wrong = history.imbalance(status["ledger"])
                    if wrong:
                        self.complain(f"a status did not balance: {wrong}")

    def spawn(self, environment):
        self.place.daemon = self.place._spawn("clickd", {"LD_PRELOAD": self.options.killer} | environment)

    def plan(self):
        """(point or None, calls, seconds, server or None) of one round."""
        points = POINTS[self.options.mode]
        server = None
        if self.random.randrange(SERVERS_EACH) == 0:
            server = self.random.choice(["kafka", "mongo"] if self.options.mode == "kafka" else ["mongo"])
        if self.random.randrange(3) == 0:
            return None, 0, self.random.uniform(0, 1.2), server
        point = self.random.choice(sorted(points))
        when = self.random.choice(["before", "after"])
        return f"{point} {when} {self.random.randint(1, points[point])}", points[point], 4.0, server

    def round(self, number):
        point, _, seconds, server = self.plan()
        self.spawn({"CLICKD_KILL_AT": point} if point else {})
        process = self.place.daemon
        deadline = time.monotonic() + seconds
        if server:
            self.server("kill", server)
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None:
            process.kill()
            self.count("random moment" if not point else "its point was not reached")
        elif process.wait() == -9:
            self.count(" ".join(point.split(" ")[:2]) if point else "killed by whom?")
        else:
            self.complain(f"round {number} ended by itself with {process.returncode}: {self.place.log('clickd')}")
        process.wait()
        if server:
            self.server("restart", server)
            self.count(f"{server} too")
        for sender in self.senders:
            if sender.failure:
                self.complain(f"{sender.name}: {sender.failure}")

    def count(self, what):
        self.deaths[what] = self.deaths.get(what, 0) + 1

    def server(self, verb, name):
        subprocess.run(
            [ROOT / "scripts/services", verb, os.environ["CLICKD_SERVICES_DIR"], name], check=True, capture_output=True)

    # In the end

    def records(self):
        if self.options.mode == "direct":
            return
        read = subprocess.Popen(
            ["kcat", "-b", place.KAFKA, "-C", "-t", self.place.name, "-o", "beginning", "-e", "-q", "-f", "%p\t%k\t%s\n"],
            stdout=subprocess.PIPE, text=True)
        for text in read.stdout:
            partition, key, value = text.rstrip("\n").split("\t", 2)
            yield int(partition), key, value
        if read.wait() != 0:
            self.complain(f"kcat ended with {read.returncode}")

    def check(self):
        past = history.History(
            {one.name: one.sent for one in self.senders}, {one.name: one.settled for one in self.senders},
            {one.name: one.refused for one in self.senders})
        fields = {"event": 1, "visitor": 1, "properties": 1}
        checks = [
            history.check_answers(past), history.check_documents(past, self.place.events.find({}, fields)),
            history.check_end(past, self.place.ledger, self.place.events.count_documents({})),
        ]
        if self.options.mode == "kafka":
            checks.append(history.check_records(past, self.records()))
        for check in checks:
            for number, complaint in enumerate(check):
                if number < 10:
                    self.complain(complaint)
                else:
                    self.complaints.append(complaint)

    def run(self):
        began = time.monotonic()
        watcher = threading.Thread(target=self.watch, daemon=True)
        watcher.start()
        for sender in self.senders:
            sender.start()
        for number in range(self.options.rounds):
            self.round(number)
            if number % 50 == 49:
                settled = sum(one.settled for one in self.senders)
                print(f"round {number + 1}: {settled} lines settled, {time.monotonic() - began:.0f} s", flush=True)
        self.place.start_daemon()
        for sender in self.senders:
            sender.finishing.set()
        for sender in self.senders:
            sender.join(120)
            if sender.is_alive():
                self.complain(f"{sender.name} is not settled: {sender.settled} of {sender.sent}")
        try:
            self.place.settle(180)
        except AssertionError as error:
            self.complain(str(error))
        self.is_over.set()
        watcher.join()
        self.check()
        lines = sum(one.settled for one in self.senders)
        print(f"mode {self.options.mode}, seed {self.options.seed}: {self.options.rounds} deaths, {lines} lines, "
              f"{sum(one.reconnects for one in self.senders)} connections, {self.looks} looks at the ledger, "
              f"{time.monotonic() - began:.0f} s")
        for what, count in sorted(self.deaths.items()):
            print(f"  {count:5} {what}")
        print(f"verdict: {len(self.complaints)} complaints" if self.complaints else
              "verdict: 0 lost, 0 double, 0 altered, order kept, every refusal justified, every ledger balanced")
        return 1 if self.complaints else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("killer")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--mode", choices=["kafka", "direct"], default="kafka")
    parser.add_argument("--rate", type=int, default=300, help="lines a second of each sender")
    options = parser.parse_args()
    campaign = Campaign(options)
    print(f"kill campaign: mode {options.mode}, {options.rounds} rounds, seed {options.seed}", flush=True)
    try:
        return campaign.run()
    finally:
        campaign.place.remove()


sys.exit(main())

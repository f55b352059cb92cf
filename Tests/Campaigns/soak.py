"""clickd and clickd-web at work for a long time: events over stream, datagrams, UDP and HTTP, dashboards asked meanwhile,
Kafka and MongoDB paused and killed now and then. What the processes hold is measured all the while and must not grow; in the
end every acknowledged event is in MongoDB once and the ledger balances.

  soak.py [--minutes N] [--rate N] [--seed N]

Needs the servers of `scripts/services run`, with a topic that keeps at least LAG events.
"""

import argparse
import contextlib
import multiprocessing
import os
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import threading
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/ClientTests"))

import history  # noqa: E402
import place  # noqa: E402
from ids import read  # noqa: E402
from soak_senders import DatagramSender, HTTPSender, StreamSender  # noqa: E402

EACH = 2  # seconds between samples
LAG = 1_500_000  # events in Kafka, or in the outbox, that make the senders rest
SPARE = {"descriptors": 8, "threads": 2}  # more than before, that are no leak: connections made anew
GROWTH = 1.15  # of resident memory
MOST = 768  # MiB of it
TROUBLES = [(server, *verbs) for server in ("kafka", "mongo") for verbs in (("kill", "restart"), ("pause", "resume"))]
QUESTIONS = [
    "overview?compare=previous", "funnel?steps=view_product,order&window=1d", "products", "searches", "realtime",
    "journey?visitor=a:s0.7", "retention", "health", "values?of=product",
]


def held(process, folder):
    """What a process holds now."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    files = {name: folder / "outbox" / name for name in ("outbox.db", "outbox.db-wal")}
    return {
        "memory": int(status["VmRSS"].split()[0]) / 1024, "threads": int(status["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{process.pid}/fd")),
        **{name: path.stat().st_size / (1 << 20) if path.exists() else 0 for name, path in files.items()},
    }


class Soak:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.place = place.Place()
        (udp,) = place.free_ports(1)
        text = self.place.config.read_text()
        text = text.replace('datagram_socket = ""', f'datagram_socket = "{self.place.folder}/d"')
        text = text.replace('udp = ""', f'udp = "127.0.0.1:{udp}"')
        text = text.replace("[outbox]", '[outbox]\nmax_bytes = "2 GiB"')
        self.place.config.write_text(text)
        self.resting, self.finishing = multiprocessing.Event(), multiprocessing.Event()
        both = (self.resting, self.finishing)
        self.streams = [
            StreamSender(f"s{number}", options.rate * 0.45, *both, f"{self.place.folder}/s") for number in range(2)]
        self.datagrams = [
            DatagramSender("u", options.rate * 0.04, *both, socket.AF_UNIX, f"{self.place.folder}/d"),
            DatagramSender("i", options.rate * 0.02, *both, socket.AF_INET, ("127.0.0.1", udp)),
        ]
        self.http = [HTTPSender("h", options.rate * 0.04, *both, self.place.url)]
        self.senders = self.streams + self.datagrams + self.http
        self.is_over = threading.Event()
        self.complaints = []
        self.samples = {"daemon": [], "web": []}
        self.answers = {}
        self.troubles = {}
        self.rests = 0

    def complain(self, text):
        print(f"  COMPLAINT: {text}", flush=True)
        self.complaints.append(text)

    # While it runs

    def sample(self):
        """What both hold, and whether the ledger balances; senders rest while the way behind them is too long."""
        for name, samples in self.samples.items():
            with contextlib.suppress(OSError):
                samples.append(held(getattr(self.place, name), self.place.folder))
        status = self.place.status()
        if not status:
            return
        wrong = history.imbalance(status["ledger"])
        if wrong:
            self.complain(f"a status did not balance: {wrong}")
        waiting = (status.get("consumer") or {}).get("lag", 0) + status["ledger"]["outbox"]
        if waiting > LAG and not self.resting.is_set():
            self.rests += 1
            self.resting.set()
        elif waiting < LAG / 2:
            self.resting.clear()

    def watch(self):
        while not self.is_over.wait(EACH):
            self.sample()

    def ask(self):
        """A reader of the dashboards."""
        url = f"http://127.0.0.1:{self.place.read_port}/api/"
        with requests.Session() as session:
            while not self.is_over.wait(0.5):
                status = "no answer"
                with contextlib.suppress(requests.RequestException):
                    status = session.get(url + self.random.choice(QUESTIONS), timeout=30).status_code
                self.answers[status] = self.answers.get(status, 0) + 1
                # With MongoDB away a report is 503; nothing else may go wrong.
                if status not in (200, 503, "no answer"):
                    self.complain(f"a dashboard was answered {status}")

    def trouble(self, server, verb, other, seconds):
        """A server is paused, or killed and started again."""
        print(f"  {verb} {server}", flush=True)
        services = [ROOT / "scripts/services"]
        directory = os.environ["CLICKD_SERVICES_DIR"]
        subprocess.run([*services, verb, directory, server], check=True, capture_output=True)
        self.is_over.wait(seconds)
        subprocess.run([*services, other, directory, server], check=True, capture_output=True)
        what = f"{server} {verb}"
        self.troubles[what] = self.troubles.get(what, 0) + 1

    def warm_up(self):
        """Each outage once, twice Kafka's death: what they fill is full before anything is measured."""
        for trouble in [*TROUBLES, TROUBLES[0]]:
            self.is_over.wait(5)
            self.trouble(*trouble, 15)

    def tell(self, began):
        sent = sum(one.sent for one in self.senders)
        now = " ".join(
            f"{name} {samples[-1]['memory']:.0f} MiB {samples[-1]['descriptors']} fds"
            for name, samples in self.samples.items() if samples)
        print(f"{time.monotonic() - began:5.0f} s: {sent} sent, {now}, "
              f"outbox {self.samples['daemon'][-1]['outbox.db']:.0f} MiB", flush=True)

    # In the end

    def check_flat(self):
        """The second quarter beside the last: the first is for filling caches."""
        print(f"{'':22}{'2nd quarter':>13}{'last quarter':>13}{'most':>9}")
        for name, samples in self.samples.items():
            quarter = len(samples) // 4
            for what in samples[0]:
                values = [one[what] for one in samples]
                before, after = statistics.median(values[quarter:2 * quarter]), statistics.median(values[-quarter:])
                if name == "web" and what.startswith("outbox"):
                    continue
                print(f"  {name:7}{what:13}{before:13.1f}{after:13.1f}{max(values):9.1f}")
                if name == "daemon" and what == "memory" and after > before * GROWTH:
                    self.complain(f"{name}: memory grew from {before:.0f} to {after:.0f} MiB")
                # A report's columns grow with the events it is about: bounded is all that they can be.
                if what == "memory" and max(values) > MOST:
                    self.complain(f"{name}: memory grew to {max(values):.0f} MiB")
                if what in SPARE and after > before + SPARE[what]:
                    self.complain(f"{name}: {what} grew from {before:.0f} to {after:.0f}")
                if what.startswith("outbox") and max(values) > 2.2 * 1024:
                    self.complain(f"{what} grew to {max(values):.0f} MiB, beyond outbox.max_bytes")

    def check_stored(self):
        """Each document is one that was sent, none is there twice, and each that was acknowledged is there."""
        seen = {one.name: bytearray(one.sent) for one in self.senders}
        documents = 0
        for document in self.place.events.find({}, {"_id": 1}).hint("_id_").batch_size(20_000):
            documents += 1
            name, number = read(document["_id"]) or ("", 0)
            numbers = seen.get(name, b"")
            if number >= len(numbers):
                self.complain(f"{document['_id']} is in MongoDB and nobody sent it")
            elif numbers[number]:
                self.complain(f"{document['_id']} is in MongoDB twice")
            else:
                numbers[number] = 1
        for one in self.streams + self.http:
            missing = one.settled - seen[one.name].count(1, 0, one.settled)
            if missing:
                self.complain(f"{one.name}: {missing} of {one.settled} acknowledged events are not in MongoDB")
        ledger = self.place.ledger
        missing = sum(one.sent - seen[one.name].count(1) for one in self.datagrams)
        uncounted = missing - ledger["datagrams_lost"] - ledger["rejected"]["full"]
        if uncounted > 0:
            self.complain(f"{missing} datagrams are not in MongoDB, {uncounted} of them not counted")
        if ledger["inserted"] != documents:
            self.complain(f"the ledger says {ledger['inserted']} were inserted; MongoDB has {documents}")
        for part in ("dead", "dropped", "lost", "consumer_dead", "skipped"):
            if ledger.get(part):
                self.complain(f"the ledger says {part} = {ledger[part]}")
        print(f"{documents} documents; {sum(one.settled for one in self.streams)} acknowledged on streams, "
              f"{self.http[0].settled} over HTTP, {sum(one.sent for one in self.datagrams)} datagrams, {missing} of them "
              f"dropped ({ledger['datagrams_lost']} by the kernel, {ledger['rejected']['full']} full); "
              f"{ledger['duplicates']} duplicates")

    def check_start(self):
        self.place.stop()
        if self.place.ends != {"web": 0, "daemon": 0}:
            self.complain(f"they ended with {self.place.ends}")
        began = time.monotonic()
        self.place.start_daemon()
        between = time.monotonic()
        self.place.start_web()
        print(f"a start afterwards: clickd {between - began:.2f} s, clickd-web {time.monotonic() - between:.2f} s")

    def run(self):
        self.place.start()
        for sender in self.senders:
            sender.start()
        others = [threading.Thread(target=work, daemon=True) for work in (self.watch, self.ask)]
        for thread in others:
            thread.start()
        self.warm_up()
        self.samples = {name: [] for name in self.samples}
        began, earlier = time.monotonic(), sum(one.sent for one in self.senders)
        end = began + self.options.minutes * 60
        while time.monotonic() < end:
            self.is_over.wait(min(30, max(0, end - time.monotonic())))
            self.tell(began)
            # The last minute is a quiet one.
            if end - time.monotonic() > 60:
                self.trouble(*self.random.choice(TROUBLES), self.random.uniform(2, 12))
        seconds = time.monotonic() - began
        sent = sum(one.sent for one in self.senders) - earlier
        # Flat is what is flat while events come.
        samples, self.samples = self.samples, {name: [] for name in self.samples}
        self.finishing.set()
        self.resting.clear()
        for sender in self.senders:
            sender.join(180)
            if sender.exitcode != 0:
                self.complain(f"{sender.name} ended with {sender.exitcode}: {sender.settled} of {sender.sent} are settled")
        try:
            self.place.settle(900)
        except AssertionError as error:
            self.complain(str(error))
        self.is_over.set()
        for thread in others:
            thread.join()
        self.samples = samples
        self.check_stored()
        self.check_flat()
        self.check_start()
        print(f"seed {self.options.seed}: {seconds:.0f} s, {sent} events, {sent / seconds:.0f} a second; "
              f"dashboards {self.answers}; troubles {self.troubles}; {self.rests} rests")
        print(f"verdict: {len(self.complaints)} complaints" if self.complaints else
              "verdict: 0 lost, 0 double, every ledger balanced, nothing grew")
        return 1 if self.complaints else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second, of all senders together")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    print(f"soak: {options.minutes} minutes at {options.rate} events a second, seed {options.seed}", flush=True)
    soak = Soak(options)
    try:
        return soak.run()
    finally:
        soak.finishing.set()
        for sender in soak.senders:
            sender.kill()
        soak.place.remove()


if __name__ == "__main__":
    sys.exit(main())

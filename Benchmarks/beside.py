"""clickd beside rsyslog and syslog-ng: the same events from a Unix stream socket into a new topic of the same Kafka, until all
are delivered. Their configurations are in peers/; scripts/install-deps bench installs both.

A system is durable here when what it took is on disk, synced, before its sender hears of it, and stays there until Kafka has
answered. The second half shows in a question of its own: each is killed while Kafka stands still, and started again.

A peer's topic says what it delivered, so what it lost, or sent twice, shows. It runs as a plain process in the workplace's
folder, which goes with it.
"""

import contextlib
import glob
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

from question import Question, rate
from questions import Kafka
from workplace import ROOT, Failure

PEERS = os.path.join(ROOT, "Benchmarks", "peers")
SYSLOG_NG = os.path.join(ROOT, ".build", "syslog-ng")
PATIENCE = 30  # seconds without a record, after which a peer has stalled
SETTLE = 3  # seconds in which a peer puts away what it took


class Peer:
    """`share`: the part of the question's events that it is asked, so that a slow one does not take minutes."""

    def __init__(self, name, config, share, durable, why):
        self.name, self.config, self.share, self.durable, self.why = name, config, share, durable, why

    def command(self, folder):
        config = os.path.join(PEERS, self.config)
        if self.config.startswith("rsyslog"):
            program = shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin")
            if not program:
                raise Failure("rsyslog is not there: run scripts/install-deps bench")
            return [program, "-n", "-f", config, "-i", os.path.join(folder, "pid")], {}
        modules = glob.glob(os.path.join(SYSLOG_NG, "usr", "lib", "syslog-ng", "*.*", ""))
        if not modules:
            raise Failure("syslog-ng is not there: run scripts/install-deps bench")
        libraries = [found for place in ("usr/lib/syslog-ng", "usr/lib/*-linux-gnu", "lib/*-linux-gnu")
                     for found in glob.glob(os.path.join(SYSLOG_NG, place))]
        files = [word for option, name in (("-R", "persist"), ("-c", "control"), ("-p", "pid"))
                 for word in (option, os.path.join(folder, name))]
        return [os.path.join(SYSLOG_NG, "usr", "sbin", "syslog-ng"), "-F", "--no-caps", "-f", config,
                "--module-path", modules[0].rstrip("/"), *files], {"LD_LIBRARY_PATH": ":".join(libraries)}

    @contextlib.contextmanager
    def at_work(self, place, topic):
        """The peer, taking events, on the disk as it is: its process, and the path of its socket."""
        folder = os.path.join(place.data, "peer")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "in.sock")
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)  # of one that was killed
        command, environment = self.command(folder)
        environment = {**os.environ, **environment, "BENCH_FOLDER": folder, "BENCH_SOCKET": path, "BENCH_TOPIC": topic,
                       "BENCH_BROKERS": place.servers["KAFKA_BROKERS"], "BENCH_PEERS": PEERS}
        log = os.path.join(place.data, "peer.log")
        with open(log, "wb") as file:
            process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        try:
            deadline = time.monotonic() + 20
            while not listens(path):
                if process.poll() is not None or time.monotonic() > deadline:
                    with open(log, encoding="utf-8", errors="replace") as file:
                        raise Failure(f"{self.name} did not start: {file.read()[-600:].strip()}")
                time.sleep(0.05)
            yield process, path
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def forget(self, place):
        shutil.rmtree(os.path.join(place.data, "peer"), ignore_errors=True)

    def deliver(self, place, topic, events):
        """Events a second, and what was delivered."""
        brokers = place.servers["KAFKA_BROKERS"]
        place.raw("producer", brokers, topic, 0, place.run)  # makes the topic

        def send(count, run, expected):
            answer = place.raw("sender", path, count, run, 1, "plain")
            return answer["began"], place.raw("offsets", brokers, topic, expected, PATIENCE)

        self.forget(place)
        with self.at_work(place, topic) as (_, path):
            _, first = send(1, place.run + "w", 1)  # the producer is connected before the clock starts
            if first["events"] != 1:
                raise Failure(f"{self.name} delivers nothing")
            began, last = send(events, place.run, events + 1)
        delivered = last["events"] - 1
        return delivered / max(last["last"] - began, 1e-9), delivered

    def survive(self, place, topic, events):
        """How many are delivered of what it took while Kafka stood still, when it is killed then and started again."""
        brokers = place.servers["KAFKA_BROKERS"]
        place.raw("producer", brokers, topic, 0, place.run)
        self.forget(place)
        with self.at_work(place, topic) as (process, path):
            place.raw("sender", path, 1, place.run + "w", 1, "plain")
            place.raw("offsets", brokers, topic, 1, PATIENCE)
            with place.kafka_paused():
                place.raw("sender", path, events, place.run, 1, "plain")
                time.sleep(SETTLE)
                process.kill()
                process.wait()
        with self.at_work(place, topic):
            return place.raw("offsets", brokers, topic, events + 1, 2 * SETTLE)["events"] - 1


def listens(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


class Peers(Question):
    title = "clickd, rsyslog and syslog-ng: stream socket to Kafka, all delivered"
    events = 1_000_000
    peers = [
        Peer("syslog-ng, memory", "syslog-ng-memory.conf", 1, False, "in memory only"),
        Peer("rsyslog, memory", "rsyslog-memory.conf", 1, False, "in memory only"),
        Peer("syslog-ng, reliable disk buffer", "syslog-ng-disk.conf", 0.5, False, "no fsync"),
        Peer("rsyslog, disk queue", "rsyslog-disk.conf", 0.5, False, "no fsync"),
        Peer("rsyslog, disk queue, synced, checkpoint each", "rsyslog-synced.conf", 0.005, False, "synced; freed at hand-over to librdkafka"),
    ]

    def measure(self, place, events, rounds):
        for peer in self.peers:
            peer.command(place.data)  # fails now where one is not installed
        rates, asked = [[] for _ in range(len(self.peers) + 1)], [(events, events)] * (len(self.peers) + 1)
        for number in range(1, rounds + 1):
            value, _ = Kafka().clickd(place, events, f"beside-{number}")
            rates[0].append(value)
            print(f"  round {number}: clickd {rate(value)}", file=sys.stderr, flush=True)
            for index, peer in enumerate(self.peers, 1):
                count = max(1, int(events * peer.share))
                try:
                    value, delivered = peer.deliver(place, f"peer-{place.run}-{index}-{number}", count)
                except Failure as failure:
                    print(f"  {peer.name}: {failure}", file=sys.stderr, flush=True)
                    value, delivered = 0, 0  # its row says that all are missing
                rates[index].append(value)
                if number == 1 or delivered != count:
                    asked[index] = (count, delivered)
                print(f"  round {number}: {peer.name} {rate(value)}, {delivered} of {count}", file=sys.stderr, flush=True)
        systems = [("clickd", True, "fsync before OK"), *((peer.name, peer.durable, peer.why) for peer in self.peers)]
        return {"rows": [
            {"system": name, "durable": durable, "why": why, "events_per_second": statistics.median(rates[index]),
             "events": asked[index][0], "delivered": asked[index][1]}
            for index, (name, durable, why) in enumerate(systems)]}

    def details(self, result):
        texts = [f"{'':46} {'events/s':>10}  durable"]
        for row in result["rows"]:
            text = f"{row['system']:46} {rate(row['events_per_second']):>10}  {'yes' if row['durable'] else 'no'}, {row['why']}"
            missing = row["events"] - row["delivered"]
            texts.append(text + (f"; {missing} events missing" if missing > 0 else f"; {-missing} twice" if missing else ""))
        return texts


class Killed(Question):
    """What each took while Kafka stood still, killed then, and started again once Kafka goes on. clickd's sender waits for
    its OKs, and its events are counted in MongoDB, as Kafka may have some twice. The others' senders wait for nothing, so
    these have SETTLE seconds, and what counts is the records in Kafka: no fewer than the events."""

    title = "killed while Kafka stands still, then started again"
    events = 20_000

    def measure(self, place, events, rounds):
        events = min(events, self.events)  # which all but the slowest put away meanwhile
        rows = [("clickd", events, self.clickd(place, events))]
        for index, peer in enumerate(Peers.peers, 1):
            count = int(events * min(1, 20 * peer.share))
            rows.append((peer.name, count, peer.survive(place, f"killed-{place.run}-{index}", count)))
            peer.forget(place)
            print(f"  {peer.name}: {rows[-1][2]} of {count}", file=sys.stderr, flush=True)
        return {"rows": [{"system": name, "events": count, "delivered": delivered} for name, count, delivered in rows]}

    def clickd(self, place, events):
        name = f"killed_{place.run}"
        with place.daemon(["intake", "forwarder", "consumer"], name, name) as daemon, place.mongodb() as command:
            def count():
                return int(command({"count": "events", "$db": name}).get("n", 0))

            place.raw("sender", daemon.socket, 1, place.run + "w")
            daemon.wait("the first event is in MongoDB", lambda: count() == 1)
            with place.kafka_paused():
                place.raw("sender", daemon.socket, events, place.run)
                daemon.kill()
            daemon.launch()
            daemon.wait("all are in MongoDB", lambda: count() > events)
            # What Kafka has twice has come through as well.
            daemon.wait("the consumer has all", lambda: daemon.status() and daemon.ledger().get("outbox") == 0)
            time.sleep(1)
            return count() - 1

    def details(self, result):
        return [f"{row['system']:46} {row['delivered']:>10,} of {row['events']:,}" for row in result["rows"]]


ALL = {"peers": Peers(), "killed": Killed()}

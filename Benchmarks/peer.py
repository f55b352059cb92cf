"""Other systems beside clickd, rsyslog and syslog-ng: the same events from a Unix stream socket into a new topic of the same
Kafka, until all are delivered. Their configurations are in peers/; scripts/install-deps bench installs both.

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
import subprocess
import time

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


IN_MEMORY = "in memory only"
ALL_PEERS = [
    Peer("syslog-ng, memory", "syslog-ng-memory.conf", 1, False, IN_MEMORY),
    Peer("rsyslog, memory", "rsyslog-memory.conf", 1, False, IN_MEMORY),
    Peer("syslog-ng, reliable disk buffer", "syslog-ng-disk.conf", 0.5, False, "no fsync"),
    Peer("rsyslog, disk queue", "rsyslog-disk.conf", 0.5, False, "no fsync"),
    Peer("rsyslog, disk queue, synced, checkpoint each", "rsyslog-synced.conf", 0.005, False,
         "synced; freed at hand-over to librdkafka"),
]

"""The questions about what clickd costs its host: processor and memory when idle, and what it writes to disk."""

import statistics
import time

from question import Question, lower
from questions import expect
from workplace import cpu_seconds, memory_bytes


class Idle(Question):
    """Every role, connected to Kafka and MongoDB, one event through; then nothing."""

    title = "an idle daemon with Kafka and MongoDB connected"
    lines = [
        lower("processor when idle", "cpu_share", "share of a core", 0.003, 0.01),
        lower("memory when idle", "memory_bytes", "bytes", 40e6, 400e6),
    ]
    events = 1
    settle_seconds, watch_seconds = 5, 30

    def measure(self, place, events, rounds):
        with place.daemon(["intake", "forwarder", "consumer"], f"idle-{place.run}", f"idle_{place.run}") as daemon:
            place.raw("sender", daemon.socket, 1, place.run)
            daemon.wait("the event is in MongoDB", lambda: daemon.ledger().get("inserted") == 1)
            time.sleep(self.settle_seconds)
            spent, began = cpu_seconds(daemon.process.pid), time.monotonic()
            time.sleep(self.watch_seconds)
            spent, took = cpu_seconds(daemon.process.pid) - spent, time.monotonic() - began
            costs = daemon.costs()
            return {"seconds": took, "cpu_share": spent / took, "memory_bytes": memory_bytes(daemon.process.pid),
                    "peak_memory_bytes": costs["peak_memory_bytes"], "daemon": [costs]}

    def details(self, result):
        return [f"{result['cpu_share']:.2%} of a core over {result['seconds']:.0f} s, {result['memory_bytes'] / 1e6:.0f} MB"]


class Disk(Question):
    """What the kernel counts as given to the disk by the daemon (write_bytes of /proc/PID/io): log, file and checkpoints,
    without the file system's own journal. Once with Kafka away, where all stays, and once with Kafka there."""

    title = "bytes written to disk for each byte of events, in acknowledged intake at full speed"
    lines = [
        lower("disk bytes written an event byte", "bytes_per_event_byte", "bytes/byte", 1, 2.5),
    ]
    events = 1_000_000
    ways = {"kept": "nothing forwarded", "forwarded": "forwarded to Kafka meanwhile"}

    def measure(self, place, events, rounds):
        result, daemons = {"events": events}, []
        for way in self.ways:
            shares = []
            for number in range(rounds):
                topic = f"disk-{place.run}-{number}" if way == "forwarded" else None
                with place.daemon(["intake", "forwarder"], topic) as daemon:
                    before = daemon.costs()["written_bytes"]
                    answer = place.raw("sender", daemon.socket, events, place.run)
                    daemon.wait("the ledger shows all", lambda: daemon.ledger().get("stored", 0) >= events)
                    if topic:
                        daemon.wait("all is delivered", lambda: daemon.ledger().get("forwarded") == events)
                    daemons.append(daemon.costs())
                    expect(daemon, received=events, stored=events)
                shares.append((daemons[-1]["written_bytes"] - before) / answer["bytes"])
            result[f"{way}_bytes_per_event_byte"] = statistics.median(shares)
        worst = max(result[f"{way}_bytes_per_event_byte"] for way in self.ways)
        return {**result, "bytes_per_event_byte": worst, "daemon": daemons}

    def details(self, result):
        return [f"{result[way + '_bytes_per_event_byte']:.2f}, {text}" for way, text in self.ways.items()]


ALL = {"idle": Idle(), "disk": Disk()}

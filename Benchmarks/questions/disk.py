"""The question what is written to disk."""

import statistics

from question import Question, lower
from rate import expect


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


ALL = {"disk": Disk()}

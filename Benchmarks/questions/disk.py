"""The question what is written to disk."""

import statistics

from question import Question, lower
from rate import expect


class Disk(Question):
    """What the kernel counts as given to the disk by the daemon (write_bytes of /proc/PID/io): log, file and checkpoints,
    without the file system's own journal. Once with Kafka away, where all stays, and once with Kafka there; and events that
    come one by one, so far apart that each has a commit of its own."""

    title = "bytes written to disk for each byte of events"
    lines = [
        lower("disk bytes written an event byte, at full speed", "bytes_per_event_byte", "bytes/byte", 0.6, 1),
        lower("disk bytes written an event byte, one by one", "alone_bytes_per_event_byte", "bytes/byte", 3, 6),
    ]
    events = 1_000_000
    a_second_alone, seconds_alone = 250, 6
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
        return {**result, "bytes_per_event_byte": worst, "alone_bytes_per_event_byte": self.alone(place, daemons),
                "daemon": daemons}

    def alone(self, place, daemons):
        count = self.a_second_alone * self.seconds_alone
        with place.daemon(["intake", "forwarder"], f"disk-{place.run}-alone") as daemon:
            before = daemon.costs()["written_bytes"]
            answer = place.raw("latency", daemon.socket, self.a_second_alone, count, place.run, 1)
            daemon.wait("all is delivered", lambda: daemon.ledger().get("forwarded") == count)
            daemons.append(daemon.costs())
            return (daemons[-1]["written_bytes"] - before) / answer["bytes"]

    def details(self, result):
        ways = {**self.ways, "alone": f"{self.a_second_alone} single events a second, forwarded"}
        return [f"{result[way + '_bytes_per_event_byte']:.2f}, {text}" for way, text in ways.items()]


ALL = {"disk": Disk()}

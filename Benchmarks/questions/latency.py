"""The question how long an acknowledgement takes at a steady rate.

The load is open: events are due at fixed times, and a latency counts from when its event was due (raw/latency.c).
"""

import os
import statistics
import sys
import time

from question import Question, duration, lower, percentile
from rate import expect

SHOWN = ("p50", "p99", "p999", "max")


def shown(numbers):
    return ", ".join(f"{name} {duration(numbers[name + '_seconds'])}" for name in SHOWN if name + "_seconds" in numbers)


class Latency(Question):
    """Every event goes on to Kafka meanwhile. One alone: events so far apart that each is settled before the next is due.
    The first round is shown and not counted: the outbox's log still grows then, and Kafka compiles its code for few events
    a request, for which it takes a core."""

    title = "how long an acknowledgement takes, from when the event was due"
    lines = [
        lower("acknowledgement of one event alone, p99", "alone_p99_seconds", "s", 0.001, 0.003),
        lower("acknowledgement at 100 k/s, p99", "at_100k_p99_seconds", "s", 0.005, 0.015),
    ]
    # A rate, how many connections, for how many seconds of a usual run.
    loads = {"alone": (250, 1, 6), "at_10k": (10_000, 4, 6), "at_100k": (100_000, 4, 6)}
    events = 600_000  # of the fastest; the others take as long

    def measure(self, place, events, rounds):
        answers = {name: [] for name in self.loads}
        result = {"loads": {}, "synced": syncs_alone(place.data)}
        with place.daemon(["intake", "forwarder"], topic=f"latency-{place.run}") as daemon:
            place.raw("sender", daemon.socket, 1, place.run + "w")
            daemon.wait("the first event is delivered", lambda: daemon.ledger().get("forwarded") == 1)
            sent = 1
            for number in range(rounds + 1):
                for name, (per_second, connections, seconds) in self.loads.items():
                    count = max(100, int(per_second * seconds * events / self.events))
                    run = f"{place.run}{number}{name[-3:]}"
                    answer = place.raw("latency", daemon.socket, per_second, count, run, connections)
                    answers[name].append(answer)
                    sent += count
                    print(f"  round {number}: {name}: p99 {duration(answer['p99'])}", file=sys.stderr, flush=True)
            daemon.wait("all is delivered", lambda: daemon.ledger().get("forwarded") == sent)
            costs = daemon.costs()
            expect(daemon, stored=sent, forwarded=sent, outbox=0)
        for name, (first, *looks) in answers.items():
            numbers = {"first_p99_seconds": first["p99"]}
            numbers |= {f"{key}_seconds": statistics.median(look[key] for look in looks)
                       for key in ("p50", "p90", "p99", "p999")}
            numbers |= {f"{key}_seconds": max(look[key] for look in looks) for key in ("max", "stall", "late")}
            result["loads"][name] = {"rate_per_second": self.loads[name][0], **numbers}
            result[f"{name}_p99_seconds"] = numbers["p99_seconds"]
        return {"events": sent, **result, "daemon": [costs]}

    def details(self, result):
        texts = [f"fdatasync of 4 KiB every 4 ms: {shown(result['synced'])}"]
        for load in result["loads"].values():
            texts.append(f"{load['rate_per_second']:7} a second: {shown(load)}; the worst stall {duration(load['stall_seconds'])},"
                         f" the load itself late by {duration(load['late_seconds'])} at most; in the first round p99"
                         f" {duration(load['first_p99_seconds'])}")
        return texts


def syncs_alone(folder, pause=0.004, count=500):
    """What the disk takes at least: 4 KiB written over the same place and synced, as far apart as the events alone. Without
    the pauses neither disk nor processor ever rests, and a sync takes a quarter of it."""
    times, path = [], os.path.join(folder, "synced")
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(4096))
        os.fsync(file.fileno())
        for index in range(count):
            time.sleep(pause)
            began = time.monotonic()
            os.pwrite(file.fileno(), bytes([index % 256]) * 4096, 0)
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    os.remove(path)
    return {"p50_seconds": percentile(times, 0.5), "p99_seconds": percentile(times, 0.99), "max_seconds": max(times)}


ALL = {"latency": Latency()}

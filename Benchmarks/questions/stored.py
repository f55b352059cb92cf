"""The question how long after its OK an event is in MongoDB, at a steady rate."""

import json
import os
import select
import time

from question import Question, lower, percentile, rate
from questions.latency import shown
from rate import expect
from workplace import Failure


class Stored(Question):
    """From the OK of an event to the first look that finds it in MongoDB, by read concern "majority"; looks are a few
    milliseconds apart, and count as late as they are. One event of `every` is looked for."""

    title = "from stored to in MongoDB by way of Kafka, at 10,000 events a second"
    lines = [lower("stored to MongoDB at 10 k/s, p99", "p99_seconds", "s", 0.15, 0.5)]
    events, rate, every = 150_000, 10_000, 20

    def measure(self, place, events, rounds):
        database = f"stored_{place.run}"
        with place.daemon(["intake", "forwarder", "consumer"], f"stored-{place.run}", database) as daemon, \
                place.mongodb() as command:
            place.raw("sender", daemon.socket, 1, place.run + "w")
            daemon.wait("the first event is in MongoDB", lambda: daemon.ledger().get("inserted") == 1)
            with place.background("latency", daemon.socket, self.rate, events, place.run, 1, self.every) as load:
                taken, answer = self.look(command, database, load)
            daemon.wait("all is in MongoDB", lambda: daemon.ledger().get("inserted") == events + 1)
            costs = daemon.costs()
            expect(daemon, stored=events + 1, forwarded=events + 1, consumed=events + 1, duplicates=0, consumer_dead=0)
            command({"dropDatabase": 1, "$db": database})
        return {"events": events, "seconds": answer["seconds"], "looked_for": len(taken), "daemon": [costs],
                "p50_seconds": percentile(taken, 0.5), "p99_seconds": percentile(taken, 0.99), "max_seconds": max(taken)}

    def look(self, command, database, load):
        """How long each event took, and what the load says at its end."""
        stored, taken, answer, rest = {}, [], None, b""
        os.set_blocking(load.stdout.fileno(), False)
        deadline = time.monotonic() + 120
        while answer is None or stored:
            if time.monotonic() > deadline:
                raise Failure(f"{len(stored)} events are not in MongoDB")
            if answer is None and select.select([load.stdout], [], [], 0.004)[0]:
                block = os.read(load.stdout.fileno(), 65536)
                if not block:
                    raise Failure("the load ended without an answer")
                *lines, rest = (rest + block).split(b"\n")
                for line in map(json.loads, lines):
                    if isinstance(line, dict):
                        answer = line
                    else:
                        stored[line[0]] = line[1]
            if stored:
                found = command({"find": "events", "$db": database, "filter": {"_id": {"$in": list(stored)}},
                                 "projection": {"_id": 1}, "readConcern": {"level": "majority"}, "batchSize": 10_000})
                now = time.monotonic()
                taken += [now - stored.pop(document["_id"]) for document in found["cursor"]["firstBatch"]]
                time.sleep(0.002)
        return taken, answer

    def details(self, result):
        return [f"{shown(result)}, of {result['looked_for']} events looked for at"
                f" {rate(result['events'] / result['seconds'])}"]


ALL = {"stored": Stored()}

"""The growth curves: intake's and Kafka's rates against event size, connections and partitions, MongoDB's against what it holds, and what a backlog costs.

Such a question gives no figure with a goal but curves for a chart, each {"title", "x", "x_unit", "y_unit", "command",
"series": {"clickd": [[x, y], ...], ...}}, by name. EVENTS is how many events of the usual 480 bytes a point takes, or the
usual largest backlog. FULL=1 adds one five times as large, for which the disk must have room.
"""

import itertools
import os
import shutil
import statistics
import sys
import time

from question import Question
from questions.drain import first_ok
from questions.intake import Intake
from questions.kafka import Kafka
from questions.mongo import Consumed
from workplace import CACHE_GB, Failure, events_are, peak_memory_bytes

USUAL_BYTES = 480
points_so_far = itertools.count()


class Curves(Question):
    def ask(self, place, events, rounds):
        return self.measure(place, events, rounds)

    def show(self, result):
        for curve in result["curves"].values():
            print(f"{curve['title']} ({curve['y_unit']})")
            for name, points in curve["series"].items():
                print(f"  {name:28}" + "  ".join(f"{x}: {y:,.0f}" if y >= 100 else f"{x}: {y:.3f}" for x, y in points), flush=True)


class Growth(Curves):
    """Events a second against something that grows. `rates` are the questions asked at each point, by the curve's name."""

    needs_servers, events = True, 1_000_000

    def __init__(self, title, rates, varied, points, x, x_unit=""):
        self.title, self.rates, self.varied, self.points, self.x, self.x_unit = title, rates, varied, points, x, x_unit

    def measure(self, place, events, rounds):
        return {"figure": self.title, "curves": {
            name: self.curve(name, place, question, events, rounds) for name, question in self.rates.items()}}

    def curve(self, name, place, question, events, rounds):
        series = {"clickd": [], "raw": []}
        for x in self.points:
            place.run = f"{os.getpid():x}c{next(points_so_far)}"  # so that each point has topics of its own
            print(f"  {name}, {self.x} {x}:", file=sys.stderr, flush=True)
            result = self.at(x, question, place, events, rounds)
            for who, points in series.items():
                points.append([x, result[who]])
        return {"title": f"{question.title}, by {self.x}", "x": self.x, "x_unit": self.x_unit, "y_unit": "events/s",
                "command": f"ONLY={self.varied} make bench-curves", "series": series}

    def at(self, x, question, place, events, rounds):
        usual = getattr(question, self.varied)
        setattr(question, self.varied, x)
        try:
            return question.measure(place, events, rounds)
        finally:
            setattr(question, self.varied, usual)


class Sizes(Growth):
    """About as many bytes at each size."""

    def at(self, x, question, place, events, rounds):
        with events_are(EVENT_BYTES=str(x)):
            return question.measure(place, max(100, min(events, events * USUAL_BYTES // x)), rounds)


class Backlog(Curves):
    """Kafka cannot be reached, the outbox fills; then clickd is started again on what is there."""

    title = "a start, and memory, with a backlog"
    events, needs_servers = 10_000_000, False
    disk_bytes = 300  # of an event, at most

    def measure(self, place, events, rounds):
        backlogs = [0, events // 10, events] + ([5 * events] if os.environ.get("FULL") == "1" else [])
        starts, filled, started = [], [], []
        for backlog in backlogs:
            if shutil.disk_usage(place.data).free < backlog * self.disk_bytes:
                raise Failure(f"a backlog of {backlog} events wants {backlog * self.disk_bytes / 1e9:.0f} GB of disk")
            with place.daemon(["intake", "forwarder"], topic=None) as daemon:
                if backlog:
                    place.raw("sender", daemon.socket, backlog, place.run)
                    daemon.wait("the ledger shows all", lambda: daemon.ledger().get("outbox") == backlog)
                filled.append([backlog, peak_memory_bytes(daemon.process.pid) / 1e6])
                seconds = []
                for _ in range(rounds):
                    daemon.end()
                    seconds.append(first_ok(daemon))
                time.sleep(2)  # the forwarder has read what it holds in memory
                starts.append([backlog, statistics.median(seconds)])
                started.append([backlog, peak_memory_bytes(daemon.process.pid) / 1e6])
                if daemon.ledger().get("outbox") != backlog + rounds:
                    raise Failure(f"of {backlog + rounds} events the outbox has {daemon.ledger().get('outbox')}")
            print(f"  {backlog}: {starts[-1][1]:.3f} s, {filled[-1][1]:.0f} and {started[-1][1]:.0f} MB", file=sys.stderr,
                  flush=True)
        about = {"x": "events in the outbox", "x_unit": "", "command": "FULL=1 ONLY=backlog make bench-curves"}
        return {"figure": self.title, "curves": {
            "start": {"title": "start to the first OK, by backlog", **about, "y_unit": "s", "series": {"clickd": starts}},
            "memory": {"title": "most resident memory, by backlog", **about, "y_unit": "MB", "series": {
                "while it fills": filled, "after a start on it": started}}}}


class Filled(Curves):
    """A part of the events after the other into the same collection, with a cache that soon does not hold its indexes: what
    an insert costs then is a matter of the ids' order. Without roll-ups, as Kafka to MongoDB."""

    title = "rate into MongoDB by documents there"
    events, needs_servers, parts, cache = 10_000_000, True, 10, 1

    def measure(self, place, events, rounds):
        curves = {}
        with place.mongodb() as command:
            def set_cache(gigabytes):
                command({"setParameter": 1, "wiredTigerEngineRuntimeConfig": f"cache_size={gigabytes}G"})

            set_cache(self.cache)
            try:
                for ids in ("ordered", "random"):
                    with events_are(EVENT_IDS=ids):
                        series = {"clickd": self.clickd(place, command, ids, events), "raw": self.raw(place, ids, events)}
                    curves[f"filled-{ids}"] = {
                        "title": f"Kafka to MongoDB, {ids} ids, cache of {self.cache} GB", "x": "documents there", "x_unit": "",
                        "y_unit": "events/s", "command": "ONLY=filled make bench-curves", "series": series}
            finally:
                set_cache(CACHE_GB)
        return {"figure": self.title, "curves": curves}

    def clickd(self, place, command, ids, events):
        topic, part = f"filled-{ids}-{place.run}", events // self.parts
        database = topic.replace("-", "_")
        for number in range(self.parts):
            place.raw("producer", place.servers["KAFKA_BROKERS"], topic, part, place.run + "f", "bench", 6, number * part)
        question = Consumed()
        question.prepare(command, database)
        points = []
        with place.daemon(["consumer"], topic=topic, database=database) as daemon:
            def count():
                return int(command({"count": "events", "$db": database}).get("n", 0))

            looks = []
            since = daemon.wait("events arrive", lambda: looks.append(count()) or looks[-1] > 0, pause=0.01)
            seen = looks[-1]
            for number in range(1, self.parts + 1):
                looks = []
                now = daemon.wait(f"{number * part} are there", lambda: looks.append(count()) or looks[-1] >= number * part, pause=0.05)
                points.append([number * part, (looks[-1] - seen) / (now - since)])
                print(f"  clickd, {ids}: {number * part}: {points[-1][1]:,.0f}", file=sys.stderr, flush=True)
                seen, since = looks[-1], now
        command({"dropDatabase": 1, "$db": database})
        return points

    def raw(self, place, ids, events):
        part = events // self.parts
        answer = place.raw("insert", place.servers["MONGODB_URI"], f"raw_filled_{ids}_{place.run}", part * self.parts, self.parts)
        points = [[number * part, part / seconds] for number, seconds in enumerate(answer["parts"], 1)]
        print(f"  raw, {ids}: {', '.join(f'{rate:,.0f}' for _, rate in points)}", file=sys.stderr, flush=True)
        return points


ALL = {
    "sizes": Sizes(
        "rates by event size", {"intake-sizes": Intake(), "kafka-sizes": Kafka()}, "sizes",
        (200, 480, 1024, 4096, 16384, 65536), "event size", "B"),
    "connections": Growth(
        "rates by connections", {"intake-connections": Intake(), "kafka-connections": Kafka()}, "connections",
        (1, 10, 100, 1000), "connections"),
    "partitions": Growth(
        "rate by partitions", {"kafka-partitions": Kafka()}, "partitions", (1, 6, 16, 64), "partitions"),
    "backlog": Backlog(), "filled": Filled(),
}

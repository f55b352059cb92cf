"""The questions about the way of events, each asked of clickd and of a small C program that does only the part nobody
can avoid.

A question's `raw` and `clickd` give events a second. Both get the same events, and each round starts anew: a new
outbox, a new topic, a new database. Those about reports are in reporting.py.
"""

import datetime
import os
import resource
import socket
import statistics
import sys

from question import Line, Question, lower, peak_memory, per_second, rate
from workplace import Failure


def expect(daemon, **wanted):
    ledger = daemon.ledger()
    wrong = {name: ledger.get(name) for name, count in wanted.items() if ledger.get(name) != count}
    if wrong:
        raise Failure(f"the ledger should say {wanted} and says {wrong}")


def spread(rates):
    return f"{rate(min(rates))} to {rate(max(rates))}" if len(rates) > 1 else "one round"


class Rate(Question):
    """A question whose answer is events a second, and their share of what a raw program reaches."""

    def measure(self, place, events, rounds):
        """The rounds, clickd and raw in turn."""
        ours, raw, daemons, servers = [], [], [], []
        for number in range(1, rounds + 1):
            before = place.server_seconds()
            raw.append(self.raw(place, events, number))
            servers.append(place.server_seconds(before))
            value, daemon = self.clickd(place, events, number)
            ours.append(value)
            daemons.append(daemon)
            print(f"  round {number}: clickd {rate(value)}, raw {rate(raw[-1])}", file=sys.stderr, flush=True)
        # Of each round, as the machine is not the same for long.
        ratio = statistics.median(our / limit for our, limit in zip(ours, raw))
        return {
            "events": events, "clickd": statistics.median(ours), "raw": statistics.median(raw), "ratio": ratio, "clickd_rounds": ours,
            "raw_rounds": raw, "raw_server_seconds": servers, "peak_memory_bytes": peak_memory(daemons), "daemon": daemons,
        }

    def details(self, result):
        seconds = statistics.median(daemon["cpu_seconds"] for daemon in result["daemon"])
        return [
            f"clickd {rate(result['clickd'])} ({spread(result['clickd_rounds'])}),"
            f" {result['peak_memory_bytes'] / 1e6:.0f} MB at most, {seconds / result['events'] * 1e6:.2f} s of CPU a million",
            f"raw    {rate(result['raw'])} ({spread(result['raw_rounds'])}), {self.limit}",
            f"ratio  {result['ratio']:.2f}",
        ]


class Intake(Rate):
    title = "acknowledged intake over the stream socket, no forwarding"
    limit = "SQLite, a row a batch of 256 KiB, 4 a commit"
    lines = [Line("acknowledged intake over the stream socket", "clickd", "events/s", 2_000_000, 1_000_000)]
    events, needs_servers = 2_000_000, False
    connections = 1

    def raw(self, place, events, number):
        file = os.path.join(place.data, "raw.db")
        try:
            return per_second(place.raw("sqlite_rows", file, events))
        finally:
            for name in (file, file + "-wal"):
                if os.path.exists(name):
                    os.remove(name)

    def clickd(self, place, events, number):
        with place.daemon(["intake", "forwarder"], topic=None) as daemon:
            answer = place.raw("sender", daemon.socket, events, place.run, self.connections)
            costs = daemon.costs()
            # Status is published a moment after the last OK.
            daemon.wait("the ledger shows all", lambda: daemon.ledger().get("stored", 0) >= events)
            expect(daemon, received=events, stored=events, outbox=events)
            return per_second(answer), costs


class Kafka(Rate):
    title = "stream socket to Kafka, acknowledged, all delivered"
    limit = "librdkafka, idempotent, acks=all, lz4"
    lines = [
        Line("socket to Kafka", "clickd", "events/s", 800_000, 500_000),
        Line("socket to Kafka, of the raw producer", "ratio", "share", 0.9, None),
        lower("memory at full speed", "peak_memory_bytes", "bytes", 200e6, 400e6),
    ]
    events = 2_000_000
    connections, partitions = 1, 6

    def raw(self, place, events, number):
        topic = f"raw-{place.run}-{number}"
        brokers = place.servers["KAFKA_BROKERS"]
        return per_second(place.raw("producer", brokers, topic, events, place.run, "", self.partitions))

    def clickd(self, place, events, number):
        topic = f"kafka-{place.run}-{number}"
        with place.daemon(["intake", "forwarder"], topic=topic, partitions=self.partitions) as daemon:
            # The topic is there and the producer connected before the clock starts, as for the raw program.
            place.raw("sender", daemon.socket, 1, place.run + "w")
            daemon.wait("the first event is delivered", lambda: daemon.ledger().get("forwarded") == 1)
            answer = place.raw("sender", daemon.socket, events, place.run, self.connections)
            # From the first byte sent; seen up to 0.1 s late, which is not taken off.
            ended = daemon.wait("all is delivered", lambda: daemon.ledger().get("forwarded") == events + 1, pause=0.05)
            costs = daemon.costs()
            expect(daemon, stored=events + 1, forwarded=events + 1, outbox=0, dead=0)
            return events / (ended - answer["began"]), costs


class Consumed(Rate):
    """Without roll-ups, as the raw limit makes none either; what they cost is a question of its own, Rollups."""

    limit = "libmongoc, unordered inserts of 5,000, two writers, the same index, in the partitions' order"
    has_rollups = False

    def prepare(self, command, database):
        """Before the daemon starts: another process has the roll-ups' lease, so that only marks are made."""
        if not self.has_rollups:
            until = datetime.datetime(9000, 1, 1, tzinfo=datetime.timezone.utc)
            command({"insert": "rollup_state", "$db": database, "documents": [
                {"_id": "writer", "owner": "another", "term": 1, "until": until}]})

    def raw(self, place, events, number, *how):
        return per_second(place.raw("insert", place.servers["MONGODB_URI"], f"raw_{place.run}", events, *how))

    def clickd(self, place, events, number):
        topic = f"{type(self).__name__.lower()}-{place.run}-{number}"
        database = topic.replace("-", "_")
        place.raw("producer", place.servers["KAFKA_BROKERS"], topic, events, place.run, "bench")
        with place.mongodb() as command:
            self.prepare(command, database)

            def count():
                return int(command({"count": "events", "$db": database}).get("n", 0))

            with place.daemon(["consumer"], topic=topic, database=database) as daemon:
                # Asked of MongoDB itself, from what the first look finds (joining the group is not timed) to the last.
                looks = [0]
                began = daemon.wait("events arrive", lambda: looks.append(count()) or looks[-1] > 0, pause=0.01)
                there = looks[-1]
                ended = daemon.wait("all events are there", lambda: count() >= events, pause=0.02)
                costs = daemon.costs()
                daemon.wait("the ledger is written", lambda: daemon.ledger().get("inserted") == events)
                expect(daemon, consumed=events, inserted=events, duplicates=0, consumer_dead=0)
                if count() != events:
                    raise Failure(f"{events} events became {count()} documents")
            command({"dropDatabase": 1, "$db": database})
        if there >= events or ended <= began:
            raise Failure("too few events to time anything")
        return (events - there) / (ended - began), costs


class Mongo(Consumed):
    """Beside it, what MongoDB takes at most from a writer that replaces documents by their key, as MongoDB's own Kafka
    connector does where nothing may be there twice; the connector itself is in no package of Debian."""

    title = "Kafka to MongoDB, deduplicated"
    lines = [Line("Kafka to MongoDB, of raw insert with the same index", "ratio", "share", 0.95, 0.8),
             Line("Kafka to MongoDB, times replacing by key", "times_replacing", "times", 5, 3)]
    events = 500_000

    def measure(self, place, events, rounds):
        self.clickd(place, events, "warm")  # Kafka's code for reading is compiled as well
        result = super().measure(place, events, rounds)
        replacing = statistics.median(self.raw(place, events // 10, 0, "replace") for _ in range(rounds))
        return {**result, "replacing": replacing, "times_replacing": result["clickd"] / replacing}

    def details(self, result):
        return [*super().details(result), f"{rate(result['replacing'])} replaced by key, libmongoc, two writers"]


class Collector(Rate):
    """Batches of 100, or single events, over HTTP to clickd-web and through it to clickd's disk."""

    limit = "a bare libmicrohttpd that reads the same requests and answers at once"
    needs_servers = False

    def __init__(self, title, per_request, connections, events, goal, floor):
        self.title, self.per_request, self.connections, self.events = title, per_request, connections, events
        unit = "events/s" if per_request > 1 else "requests/s"
        self.lines = [Line(title, "clickd", unit, goal, floor)]

    def load(self, place, port, events):
        return place.raw("http_post", port, events, place.run, self.per_request, self.connections)

    def raw(self, place, events, number):
        with place.http_limit() as port:
            return per_second(self.load(place, port, events))

    def clickd(self, place, events, number):
        with place.daemon(["intake", "forwarder"], topic=None) as daemon, place.web(daemon) as web:
            answer = self.load(place, web.port, events)
            costs = daemon.costs()
            daemon.wait("the ledger shows all", lambda: daemon.ledger().get("stored", 0) >= events)
            expect(daemon, received=events, stored=events, outbox=events)
            return per_second(answer), costs


class Crowded(Collector):
    """The same with a thousand other connections: half of them idle, half stuck in the middle of a request's headers."""

    limit = "the same without those connections"
    others = 1000
    is_crowded = False

    def raw(self, place, events, number):
        self.is_crowded = False
        return super().clickd(place, events, number)[0]

    def clickd(self, place, events, number):
        self.is_crowded = True
        return super().clickd(place, events, number)

    def load(self, place, port, events):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if self.is_crowded and soft < 2 * self.others:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        crowd = []
        try:
            for index in range(self.others if self.is_crowded else 0):
                crowd.append(socket.create_connection(("127.0.0.1", int(port)), timeout=20))
                if index % 2:
                    crowd[-1].sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Le")
            return super().load(place, port, events)
        finally:
            for connection in crowd:
                connection.close()


ALL = {
    "intake": Intake(), "kafka": Kafka(), "mongo": Mongo(),
    "collector": Collector(
        "HTTP collector, acknowledged, batches of 100 from 8 connections", 100, 8, 1_000_000, 400_000, 150_000),
    "requests": Collector(
        "HTTP collector, acknowledged, single events from 64 connections", 1, 64, 100_000, 40_000, 15_000),
    "crowded": Crowded(
        "HTTP collector, batches of 100, with 1,000 idle and slow connections beside", 100, 8, 1_000_000, 400_000,
        150_000),
}

"""The questions about the whole way, from the stream socket to MongoDB, with every role in one daemon."""

from question import Line, lower
from questions.mongo import Consumed
from rate import Rate, expect
from workplace import Failure


class Whole(Rate):
    title = "stream socket to MongoDB by way of Kafka, acknowledged, all there"
    limit = Consumed.limit
    mode = "kafka"
    lines = [
        Line("socket to MongoDB, the whole way", "clickd", "events/s", 120_000, 80_000),
        lower("memory at full speed, the whole way", "peak_memory_bytes", "bytes", 200e6, 300e6),
    ]
    events = 400_000
    raw = Consumed.raw

    def clickd(self, place, events, number):
        name = f"{self.mode}-whole-{place.run}-{number}"
        database = name.replace("-", "_")
        roles = ["intake", "forwarder"] + (["consumer"] if self.mode == "kafka" else [])
        with place.mongodb() as command:
            def count():
                return int(command({"count": "events", "$db": database}).get("n", 0))

            with place.daemon(roles, topic=name, database=database, mode=self.mode) as daemon:
                # All is connected, and the topic and the collection are there, before the clock starts.
                place.raw("sender", daemon.socket, 1, place.run + "w")
                daemon.wait("the first event is in MongoDB", lambda: count() == 1)
                answer = place.raw("sender", daemon.socket, events, place.run)
                ended = daemon.wait("all events are in MongoDB", lambda: count() > events, pause=0.02)
                costs = daemon.costs()
                daemon.wait("the ledger is written", lambda: daemon.ledger().get("inserted") == events + 1)
                expect(daemon, stored=events + 1, forwarded=events + 1, inserted=events + 1, duplicates=0, consumer_dead=0)
                if count() != events + 1:
                    raise Failure(f"{events + 1} events became {count()} documents")
            command({"dropDatabase": 1, "$db": database})
        return events / (ended - answer["began"]), costs


class Direct(Whole):
    title = "stream socket to MongoDB, mode \"direct\", acknowledged, all there"
    mode = "direct"
    lines = [Line("socket to MongoDB, mode \"direct\"", "clickd", "events/s", 100_000, 60_000)]


ALL = {"whole": Whole(), "direct": Direct()}

"""The question how fast events go from Kafka to MongoDB."""

import datetime
import statistics

from question import Line, per_second, rate
from rate import Rate, expect
from workplace import Failure


class Consumed(Rate):
    """Without roll-ups, as the raw limit makes none either; what they cost is a question of its own, Rollups."""

    limit = "libmongoc, unordered inserts of 5,000, two writers, the same index, in the partitions' order"
    has_rollups = False

    def measure(self, place, events, rounds):
        Consumed.clickd(self, place, min(events, 500_000), "warm")  # Kafka's code for reading is compiled as well
        return super().measure(place, events, rounds)

    def prepare(self, command, database):
        """Before the daemon starts: another process has the roll-ups' lease, so that only marks are made."""
        if not self.has_rollups:
            until = datetime.datetime(9000, 1, 1, tzinfo=datetime.timezone.utc)
            command({"insert": "rollup_state", "$db": database, "documents": [
                {"_id": "writer", "owner": "another", "term": 1, "until": until}]})

    def raw(self, place, events, number):
        return per_second(place.raw("insert", place.servers["MONGODB_URI"], f"raw_{place.run}", events))

    def topic(self, place, number):
        return f"{type(self).__name__.lower()}-{place.run}-{number}"

    def clickd(self, place, events, number):
        topic = self.topic(place, number)
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
                ended = daemon.wait("all events are there", lambda: count() >= events, pause=0.05)
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
    """Beside it, the same topic's first events by a plain consumer that replaces documents by their key, as MongoDB's own
    Kafka connector does where nothing may be there twice; the connector itself is in no package of Debian."""

    title = "Kafka to MongoDB, deduplicated"
    lines = [Line("Kafka to MongoDB, of raw insert with the same index", "ratio", "share", 0.95, 0.8),
             Line("Kafka to MongoDB, times replacing by key", "times_replacing", "times", 5, 3)]
    events = 500_000

    def measure(self, place, events, rounds):
        """Of more rounds than others: some have a checkpoint of MongoDB's in them, a second or two of work."""
        self.replacing = []
        result = super().measure(place, events, rounds if rounds == 1 else rounds + 2)
        times = statistics.median(ours / theirs for ours, theirs in zip(result["clickd_rounds"], self.replacing))
        return {**result, "replacing": statistics.median(self.replacing), "times_replacing": times}

    def clickd(self, place, events, number):
        result = super().clickd(place, events, number)
        self.replacing.append(per_second(place.raw(
            "replace", place.servers["KAFKA_BROKERS"], self.topic(place, number), place.servers["MONGODB_URI"],
            f"replace_{place.run}", events // 5)))
        return result

    def details(self, result):
        return [*super().details(result), f"{rate(result['replacing'])} replaced by key, two plain consumers"]


ALL = {"mongo": Mongo()}

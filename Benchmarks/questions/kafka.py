"""The question how fast events go from the stream socket to Kafka."""

from question import Line, lower, per_second
from rate import Rate, expect


class Kafka(Rate):
    title = "stream socket to Kafka, acknowledged, all delivered"
    limit = "librdkafka, idempotent, acks=all, lz4"
    lines = [
        Line("socket to Kafka", "clickd", "events/s", 1_000_000, 650_000),
        Line("socket to Kafka, of the raw producer", "ratio", "share", 0.9, None),
        lower("memory at full speed", "peak_memory_bytes", "bytes", 200e6, 300e6),
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


ALL = {"kafka": Kafka()}

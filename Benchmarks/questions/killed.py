"""The question what is left of what was taken, when a system is killed while Kafka stands still."""

import sys
import time

from peer import ALL_PEERS
from question import Question


class Killed(Question):
    """What each took while Kafka stood still, killed then, and started again once Kafka goes on. clickd's sender waits for
    its OKs, and its events are counted in MongoDB, as Kafka may have some twice. The others' senders wait for nothing, so
    these have SETTLE seconds, and what counts is the records in Kafka: no fewer than the events."""

    title = "killed while Kafka stands still, then started again"
    events = 20_000

    def measure(self, place, events, rounds):
        events = min(events, self.events)  # which all but the slowest put away meanwhile
        rows = [("clickd", events, self.clickd(place, events))]
        for index, peer in enumerate(ALL_PEERS, 1):
            count = int(events * min(1, 20 * peer.share))
            rows.append((peer.name, count, peer.survive(place, f"killed-{place.run}-{index}", count)))
            peer.forget(place)
            print(f"  {peer.name}: {rows[-1][2]} of {count}", file=sys.stderr, flush=True)
        return {"rows": [{"system": name, "events": count, "delivered": delivered} for name, count, delivered in rows]}

    def clickd(self, place, events):
        name = f"killed_{place.run}"
        with place.daemon(["intake", "forwarder", "consumer"], name, name) as daemon, place.mongodb() as command:
            def count():
                return int(command({"count": "events", "$db": name}).get("n", 0))

            place.raw("sender", daemon.socket, 1, place.run + "w")
            daemon.wait("the first event is in MongoDB", lambda: count() == 1)
            with place.kafka_paused():
                place.raw("sender", daemon.socket, events, place.run)
                daemon.kill()
            daemon.launch()
            daemon.wait("all are in MongoDB", lambda: count() > events)
            # What Kafka has twice has come through as well.
            daemon.wait("the consumer has all", lambda: daemon.status() and daemon.ledger().get("outbox") == 0)
            time.sleep(1)
            return count() - 1

    def details(self, result):
        return [f"{row['system']:46} {row['delivered']:>10,} of {row['events']:,}" for row in result["rows"]]


ALL = {"killed": Killed()}

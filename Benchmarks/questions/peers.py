"""The question how fast other systems are, stream socket to Kafka, beside clickd."""

import statistics
import sys

from peer import ALL_PEERS, IN_MEMORY
from question import Line, Question, rate
from questions.kafka import Kafka
from workplace import Failure


class Peers(Question):
    title = "clickd, rsyslog and syslog-ng: stream socket to Kafka, all delivered"
    lines = [Line("socket to Kafka, times the fastest other system in memory", "times_memory", "times", 2, 1.1),
             Line("socket to Kafka, times the fastest other system on disk", "times_disk", "times", 5, None)]
    events = 1_000_000

    def measure(self, place, events, rounds):
        for peer in ALL_PEERS:
            peer.command(place.data)  # fails now where one is not installed
        rates, asked = [[] for _ in range(len(ALL_PEERS) + 1)], [(events, events)] * (len(ALL_PEERS) + 1)
        for number in range(1, rounds + 1):
            value, _ = Kafka().clickd(place, events, f"beside-{number}")
            rates[0].append(value)
            print(f"  round {number}: clickd {rate(value)}", file=sys.stderr, flush=True)
            for index, peer in enumerate(ALL_PEERS, 1):
                count = max(1, int(events * peer.share))
                try:
                    value, delivered = peer.deliver(place, f"peer-{place.run}-{index}-{number}", count)
                except Failure as failure:
                    print(f"  {peer.name}: {failure}", file=sys.stderr, flush=True)
                    value, delivered = 0, 0  # its row says that all are missing
                rates[index].append(value)
                if number == 1 or delivered != count:
                    asked[index] = (count, delivered)
                print(f"  round {number}: {peer.name} {rate(value)}, {delivered} of {count}", file=sys.stderr, flush=True)
        systems = [("clickd", True, "fsync before OK"), *((peer.name, peer.durable, peer.why) for peer in ALL_PEERS)]
        rows = [
            {"system": name, "durable": durable, "why": why, "events_per_second": statistics.median(rates[index]),
             "events": asked[index][0], "delivered": asked[index][1]}
            for index, (name, durable, why) in enumerate(systems)]
        return {"rows": rows, "times_memory": times(rows, lambda why: why == IN_MEMORY),
                "times_disk": times(rows, lambda why: why != IN_MEMORY)}

    def details(self, result):
        texts = [f"{'':46} {'events/s':>10}  durable"]
        for row in result["rows"]:
            text = f"{row['system']:46} {rate(row['events_per_second']):>10}  {'yes' if row['durable'] else 'no'}, {row['why']}"
            missing = row["events"] - row["delivered"]
            texts.append(text + (f"; {missing} events missing" if missing > 0 else f"; {-missing} twice" if missing else ""))
        return texts


def times(rows, is_meant):
    """How many times as fast the first is as the fastest of those others; 0 where none of them delivered anything."""
    fastest = max(row["events_per_second"] for row in rows[1:] if is_meant(row["why"]))
    return rows[0]["events_per_second"] / fastest if fastest else 0


ALL = {"peers": Peers()}

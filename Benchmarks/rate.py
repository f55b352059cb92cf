"""What is asked in events a second, of clickd and of a small C program that does only the part nobody can avoid.

A question's `raw` and `clickd` give events a second. Both get the same events, and each round starts anew: a new
outbox, a new topic, a new database.
"""

import statistics
import sys

from question import Question, peak_memory, rate
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

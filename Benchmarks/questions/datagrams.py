"""The question about datagrams: the highest rate at which none is lost, one event each, kept to disk."""

import sys
import time

from question import Line, Question, rate

STEPS = (50_000, 80_000, 100_000, 125_000, 150_000, 175_000, 200_000, 250_000, 300_000, 350_000, 400_000, 500_000, 600_000,
         800_000)


class Datagrams(Question):
    """Rates go up until one fails twice. A Unix socket makes its sender wait instead of losing: there a rate fails that the
    sender cannot keep."""

    title = "datagrams, one event each: the highest rate at which nothing is lost"
    lines = [
        Line("Unix datagrams, nothing lost", "unix_events_per_second", "events/s", 400_000, 250_000),
        Line("UDP, nothing lost", "udp_events_per_second", "events/s", 400_000, 250_000),
    ]
    events, needs_servers = 200_000, False  # a step

    def measure(self, place, events, rounds):
        result = {"events": events, "daemon": []}
        for kind in ("unix", "udp"):
            with place.daemon(["intake", "forwarder"], topic=None, datagrams=True) as daemon:
                to = f"unix:{daemon.datagram_socket}" if kind == "unix" else f"udp:{daemon.udp_port}"
                result |= {f"{kind}_{name}": value for name, value in self.search(place, daemon, kind, to, events).items()}
                result["daemon"].append(daemon.costs())
        return result

    def search(self, place, daemon, kind, to, events):
        best, failed = 0, None
        for step in STEPS:
            tries = (self.attempt(place, daemon, to, step, events) for _ in range(2))
            failed = {}
            for failed in tries:
                print(f"  {kind} at {rate(step)}: {failed['why'] or 'kept'}", file=sys.stderr, flush=True)
                if not failed["why"]:
                    break
            if failed["why"]:
                break
            best = step
        return {"events_per_second": best, "then": failed["why"], "lost_then": failed["lost"]}

    def attempt(self, place, daemon, to, step, events):
        """How many were lost, and why the rate was not kept: "" where it was."""
        before = daemon.ledger()
        answer = place.raw("datagrams", to, step, events, f"{place.run}{step % 9973}")
        seen, since = -1, time.monotonic()
        while seen < events and time.monotonic() - since < 1:
            stored = daemon.ledger()["stored"] - before["stored"]
            if stored != seen:
                seen, since = stored, time.monotonic()
            time.sleep(0.05)
        reached = events / answer["seconds"]
        if seen < events:
            kernel = daemon.ledger()["datagrams_lost"] - before["datagrams_lost"]
            return {"lost": events - seen, "why": f"{events - seen} of {events} lost, {kernel} of them counted"}
        return {"lost": 0, "why": "" if reached > 0.97 * step else f"the sender came to {rate(reached)}"}

    def details(self, result):
        return [f"{name:4} {rate(result[key + '_events_per_second'])}; the next step: {result[key + '_then'] or 'none'}"
                for name, key in (("Unix", "unix"), ("UDP", "udp"))]


ALL = {"datagrams": Datagrams()}

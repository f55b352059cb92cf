"""The question how far reports are behind."""

import statistics
import time

from question import Question, lower
from workplace import Failure

PATIENCE = 60


class Behind(Question):
    """Reports while events come in: how long after its OK the last event of each second's is counted in them. Looks are
    0.1 s apart, and count as late as they are."""

    title = "how far reports are behind while 20,000 events a second come in"
    lines = [lower("acknowledged to counted in reports at 20 k/s, worst", "worst_seconds", "s", 2, 5)]
    events, rate = 600_000, 20_000

    def measure(self, place, events, rounds):
        database, topic, sent, late, waiting = f"behind_{place.run}", f"behind-{place.run}", 0, [], []
        with place.daemon(["intake", "forwarder", "consumer"], topic, database) as daemon, place.web(daemon) as web:
            began = time.monotonic()
            while sent < events or waiting:
                if sent < events and time.monotonic() >= began + sent / self.rate:
                    count = min(self.rate, events - sent)
                    place.raw("sender", daemon.socket, count, f"{place.run}b{sent // self.rate}")
                    sent += count
                    waiting.append((sent, time.monotonic()))
                shown = web.get("/api/overview").get("events", 0)
                now = time.monotonic()
                late += [now - since for least, since in waiting if least <= shown]
                waiting = [(least, since) for least, since in waiting if least > shown]
                if waiting and now - waiting[0][1] > PATIENCE:
                    raise Failure(f"of {sent} events reports show {shown}")
                time.sleep(0.1)
            took = time.monotonic() - began
            costs = daemon.costs()
        return {"events": sent, "seconds": took, "worst_seconds": max(late), "median_seconds": statistics.median(late),
                "daemon": [costs]}

    def details(self, result):
        return [f"{result['worst_seconds']:.1f} s at worst, {result['median_seconds']:.1f} s usually, at"
                f" {result['events'] / result['seconds'] / 1000:.1f} k/s for {result['seconds']:.0f} s"]


ALL = {"behind": Behind()}

"""The questions about reports: what roll-ups cost the consumer, how far they are behind, how long a report takes."""

import statistics
import sys
import time

from question import Line, Question, lower
from questions import Consumed
from workplace import Failure, cpu_seconds, peak_memory_bytes

PATIENCE = 60


class Rollups(Consumed):
    """The consumer with the roll-up writer at work, and with another process holding its lease, so that only marks are
    made. Of events enough for half a minute: a flood's first are rolled up after twenty seconds."""

    title = "Kafka to MongoDB with the roll-ups for reports"
    limit = "the same while another process has the roll-ups' lease"
    lines = [Line("Kafka to MongoDB, of the same without roll-ups", "ratio", "share", 0.9, 0.75)]
    events = 3_000_000

    def measure(self, place, events, rounds):
        return super().measure(place, events, min(rounds, 2))

    def raw(self, place, events, number):
        self.has_rollups = False
        return super().clickd(place, events, f"{number}-without")[0]

    def clickd(self, place, events, number):
        self.has_rollups = True
        return super().clickd(place, events, number)


class Behind(Question):
    """Reports while events come in: how long after its OK the last event of each second's is counted in them. Looks are
    0.1 s apart, and count as late as they are."""

    title = "how far reports are behind while 20,000 events a second come in"
    lines = [lower("reports behind events at 20 k/s", "worst_seconds", "s", 30, 60)]
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


class Reports(Question):
    """Each report asked of a clickd-web that has just started, and once more; roll-ups of events over 90 days."""

    title = "reports as JSON over 90 days of generated events, over HTTP"
    lines = [
        lower("reports over whole days, slowest", "whole_days_seconds", "s", 1, 3),
        lower("reports of instants, event: steps, single products, slowest", "others_seconds", "s", 10, 30),
    ]
    events = 10_000_000
    whole_days = [
        "overview", "overview?device=phone", "overview?referrer=google.com", "overview?campaign=campaign-1",
        "overview?signed_in=true", "funnel", "funnel?device=phone", "funnel?signed_in=true", "funnel?breakdown=device",
        "funnel?breakdown=referrer", "funnel?breakdown=campaign", "funnel?mode=strict", "products",
        "products?campaign=campaign-1", "searches", "wishlist", "retention", "values?of=campaign", "visitors?step=2",
        "journey?visitor=a:visitor-77-0123456789",
    ]
    others = [
        "overview?product=p-7", "funnel?steps=event:Product%20Viewed,event:Order%20Completed", "funnel?product=p-7",
    ]

    def measure(self, place, events, rounds):
        database = f"reports_{place.run}"
        filled = place.fill_rollups(database, events)
        days = f"from={filled['from']}&to={filled['to']}"
        instants = f"from={filled['from']}T00:00:01Z&to={filled['to']}T12:00:00Z"
        questions = [("days", question, days) for question in self.whole_days]
        questions += [("others", question, days) for question in self.others]
        questions += [("others", question, instants) for question in ("overview", "funnel")]
        answers = []
        with place.daemon(["intake", "forwarder"], topic=None, database=database) as daemon:
            for kind, question, period in questions:
                path = f"/api/{question}{'&' if '?' in question else '?'}{period}"
                looks = [self.look(place, daemon, path) for _ in range(rounds)]
                answer = {name: statistics.median(look[name] for look in looks) for name in looks[0]}
                answers.append({"kind": kind, "question": question + (" (instants)" if period == instants else ""), **answer})
                print(f"  {answers[-1]['question']}: {answer['cold']:.2f} s, again {answer['warm']:.2f} s",
                      file=sys.stderr, flush=True)
            with place.web(daemon) as web:
                shown = web.get(f"/api/overview?{days}")["events"]
                if shown != filled["events"]:
                    raise Failure(f"{filled['events']} events are shown as {shown}")
        with place.mongodb() as command:
            command({"dropDatabase": 1, "$db": database})
        return {"events": filled["events"], "answers": answers, "whole_days_seconds": slowest(answers, "days"),
                "others_seconds": slowest(answers, "others")}

    def look(self, place, daemon, path):
        with place.web(daemon) as web:
            times, costs = [], []
            for _ in range(2):
                start, spent = time.monotonic(), cpu_seconds(web.process.pid)
                web.get(path)
                times.append(time.monotonic() - start)
                costs.append(cpu_seconds(web.process.pid) - spent)
            return {"cold": times[0], "warm": times[1], "cold_cpu": costs[0], "warm_cpu": costs[1],
                    "memory": peak_memory_bytes(web.process.pid)}

    def details(self, result):
        texts = [f"{result['events'] / 1e6:.1f} million events", f"{'':62} {'cold':>7} {'warm':>7} {'CPU':>7} {'MB':>5}"]
        for answer in result["answers"]:
            texts.append(f"{answer['question']:62} {answer['cold']:6.2f}s {answer['warm']:6.2f}s {answer['cold_cpu']:6.2f}s"
                         f" {answer['memory'] / 1e6:5.0f}")
        return texts


def slowest(answers, kind):
    return max(max(answer["cold"], answer["warm"]) for answer in answers if answer["kind"] == kind)


ALL = {"rollups": Rollups(), "behind": Behind(), "reports": Reports()}

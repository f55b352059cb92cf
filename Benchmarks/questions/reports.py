"""The question how long a report takes."""

import statistics
import sys
import time

from question import Question, lower
from workplace import Failure, cpu_seconds, peak_memory_bytes


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
                looks = [self.look(place, daemon, path) for _ in range(min(rounds, 2))]
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


ALL = {"reports": Reports()}

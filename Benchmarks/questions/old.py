"""The events that were measured up to November 2026, for comparison with figures from then."""

from question import Question, rate
from questions.intake import Intake
from questions.kafka import Kafka
from questions.mongo import Mongo
from questions.whole import Direct, Whole
from workplace import events_are


class Old(Question):
    """The main rates with EVENT_SHAPE=old (raw/old_events.h), their raw limits beside, which get the same events."""

    title = "the same with the events of before: 250 bytes, rising ids, 10,000 visitors, 16,384 texts"
    asked = {"intake": Intake, "kafka": Kafka, "mongo": Mongo, "whole": Whole, "direct": Direct}
    events = 2_000_000  # of the intake; the others take their usual part of it

    def measure(self, place, events, rounds):
        rows, run = [], place.run
        place.run += "o"  # topics and databases of its own
        try:
            for name, question in self.asked.items():
                asked = question()
                count = max(1, asked.events * events // self.events)
                with events_are(EVENT_SHAPE="old", EVENT_IDS="", EVENT_BYTES=""):
                    result = asked.measure(place, count, min(rounds, 2))
                rows.append({"figure": name, "title": asked.title, "events": count,
                             **{key: result[key] for key in ("clickd", "raw", "ratio")}})
        finally:
            place.run = run
        return {"rows": rows}

    def details(self, result):
        return [f"{row['title']}: {rate(row['clickd'])}, raw {rate(row['raw'])}, ratio {row['ratio']:.2f}"
                for row in result["rows"]]


ALL = {"old": Old()}

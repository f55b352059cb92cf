"""The question what roll-ups cost the consumer."""

from question import Line
from questions.mongo import Consumed


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


ALL = {"rollups": Rollups()}

"""What every question has: a title, the numbers that `measure` gives, and the lines that say which of them have a goal."""

import math


def per_second(answer):
    return answer["events"] / answer["seconds"]


def percentile(values, share):
    return sorted(values)[math.ceil(share * (len(values) - 1))]


def rate(value):
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:.0f} k/s"


def duration(seconds):
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


SHOWN = {
    "events/s": rate, "requests/s": rate, "s": duration, "bytes": lambda value: f"{value / 1e6:.0f} MB",
    "share": "{:.2f}".format, "times": "{:.1f}".format, "share of a core": "{:.2%}".format, "bytes/byte": "{:.2f}".format,
}


class Line:
    """A number with a goal and a floor; `key` names it in the question's result. No floor: None, and below the goal is no
    miss."""

    def __init__(self, name, key, unit, goal, floor, better="higher"):
        self.name, self.key, self.unit, self.goal, self.floor, self.better = name, key, unit, goal, floor, better

    def reaches(self, value, bound):
        return value >= bound if self.better == "higher" else value < bound

    def judge(self, result):
        value = result[self.key]
        if self.reaches(value, self.goal):
            met = "goal"
        elif self.floor is None:
            met = "below"
        else:
            met = "floor" if self.reaches(value, self.floor) else "missed"
        return {"name": self.name, "value": value, "unit": self.unit, "goal": self.goal, "floor": self.floor,
                "better": self.better, "met": met}


def lower(name, key, unit, goal, floor):
    return Line(name, key, unit, goal, floor, "lower")


class Question:
    """`events` is how many a run asks with unless told otherwise."""

    needs_servers = True
    lines = []

    def ask(self, place, events, rounds):
        result = {"figure": self.title, **self.measure(place, events, rounds)}
        return {**result, "lines": [line.judge(result) for line in self.lines]}

    def show(self, result):
        print(result["figure"])
        for text in self.details(result):
            print(f"  {text}")
        for line in result["lines"]:
            show = SHOWN[line["unit"]]
            floor = "" if line["floor"] is None else f", floor {show(line['floor'])}"
            print(f"  {line['met']:6} {line['name']}: {show(line['value'])} (goal {show(line['goal'])}{floor})")
        print(end="", flush=True)

    def details(self, result):
        """What is shown between the title and the lines."""
        return []


def peak_memory(costs):
    """Of daemons' costs, the highest."""
    return max(daemon["peak_memory_bytes"] for daemon in costs)

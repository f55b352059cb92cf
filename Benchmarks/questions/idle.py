"""The question what an idle daemon costs: processor and memory."""

import time

from question import Question, lower
from workplace import cpu_seconds, memory_bytes


class Idle(Question):
    """Every role, connected to Kafka and MongoDB, one event through; then nothing."""

    title = "an idle daemon with Kafka and MongoDB connected"
    lines = [
        lower("processor when idle", "cpu_share", "share of a core", 0.003, 0.005),
        lower("memory when idle", "memory_bytes", "bytes", 30e6, 300e6),
    ]
    events = 1
    settle_seconds, watch_seconds = 5, 30

    def measure(self, place, events, rounds):
        with place.daemon(["intake", "forwarder", "consumer"], f"idle-{place.run}", f"idle_{place.run}") as daemon:
            place.raw("sender", daemon.socket, 1, place.run)
            daemon.wait("the event is in MongoDB", lambda: daemon.ledger().get("inserted") == 1)
            time.sleep(self.settle_seconds)
            spent, began = cpu_seconds(daemon.process.pid), time.monotonic()
            time.sleep(self.watch_seconds)
            spent, took = cpu_seconds(daemon.process.pid) - spent, time.monotonic() - began
            costs = daemon.costs()
            return {"seconds": took, "cpu_share": spent / took, "memory_bytes": memory_bytes(daemon.process.pid),
                    "peak_memory_bytes": costs["peak_memory_bytes"], "daemon": [costs]}

    def details(self, result):
        return [f"{result['cpu_share']:.2%} of a core over {result['seconds']:.0f} s, {result['memory_bytes'] / 1e6:.0f} MB"]


ALL = {"idle": Idle()}

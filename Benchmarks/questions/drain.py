"""The question about a backlog: what it takes to start with it, to hold it, and to be rid of it while events come in.

Intake makes it while Kafka cannot be reached, and is killed; so the first of the starts is one after a crash, the others
are after an ordered stop.
"""

import json
import signal
import socket
import statistics
import sys
import time

from question import Line, Question, duration, lower, peak_memory, per_second, rate
from rate import expect
from workplace import Failure

EVENT = b'{"event":"Product Viewed","messageId":"start-%d","anonymousId":"v-1"}\n'
MOST_SECONDS = 120


def first_ok(daemon):
    """Seconds from the start of the process to the OK of an event that asked as soon as it could."""
    began = time.monotonic()
    daemon.launch()
    while time.monotonic() - began < MOST_SECONDS:
        try:
            with socket.socket(socket.AF_UNIX) as stream:
                stream.settimeout(MOST_SECONDS)
                stream.connect(daemon.socket)
                stream.sendall(b"CLICKD/1 ACK\n" + EVENT % time.monotonic_ns())
                answers = stream.makefile("rb")
                if answers.readline() == b"CLICKD/1 OK\n" and answers.readline() == b"OK 1\n":
                    return time.monotonic() - began
        except OSError:
            time.sleep(0.001)  # not listening yet
    raise Failure(f"no OK within {MOST_SECONDS} s of a start: {daemon.last_words()}")


class Drain(Question):
    title = "a backlog: start with it, hold it, drain it to Kafka while 50 k/s come in"
    lines = [
        Line("drain of a 10-million backlog while 50 k/s come in", "clickd", "events/s", 800_000, 500_000),
        lower("start to first OK with a 10-million backlog", "start_seconds", "s", 1, 3),
        lower("memory with a 10-million backlog", "peak_memory_bytes", "bytes", 200e6, 300e6),
    ]
    events, rate = 10_000_000, 50_000

    def measure(self, place, events, rounds):
        with place.daemon(["intake", "forwarder"], topic=None) as daemon:
            place.raw("sender", daemon.socket, events, place.run)
            costs, starts = [daemon.costs()], []
            daemon.kill()
            for _ in range(rounds):
                starts.append(first_ok(daemon))
                daemon.wait("it answers", lambda: daemon.ledger().get("outbox") == events + len(starts))
                time.sleep(1)
                costs.append(daemon.costs())
                daemon.end()
            print(f"  starts: {', '.join(map(duration, starts))}", file=sys.stderr, flush=True)
            waiting = events + len(starts)
            daemon.use_topic(f"drain-{place.run}")
            drained = self.drain(place, daemon, waiting)
            costs.append(daemon.costs())
            expect(daemon, outbox=0, dead=0, lost=0, stored=waiting + drained["came_in"], forwarded=waiting + drained["came_in"])
        raw = per_second(place.raw("producer", place.servers["KAFKA_BROKERS"], f"raw-{place.run}-drain", events // 10, place.run))
        return {"events": events, "start_seconds": max(starts), "start_seconds_each": starts, "raw": raw,
                "ratio": drained["clickd"] / raw, "peak_memory_bytes": peak_memory(costs), "daemon": costs, **drained}

    def drain(self, place, daemon, waiting):
        """From what the first look finds delivered to where the backlog is: what came in since is behind it."""
        daemon.launch()
        daemon.wait("it answers", lambda: daemon.status() is not None)
        looks = [0]

        def forwarded():
            looks.append(daemon.ledger().get("forwarded", 0))
            return looks[-1]

        words = ("latency", daemon.socket, self.rate, self.rate * MOST_SECONDS, place.run + "d", 2)
        with place.background(*words) as load:
            began = daemon.wait("events are delivered", lambda: forwarded() > 0, pause=0.01)
            there = looks[-1]
            ended = daemon.wait("the backlog is delivered", lambda: forwarded() >= waiting, pause=0.02)
            gone = looks[-1] - there
            load.send_signal(signal.SIGTERM)
            came_in = json.loads(load.communicate(timeout=60)[0])
        daemon.wait("all is delivered", lambda: daemon.ledger().get("outbox") == 0)
        if ended <= began:
            raise Failure("too few events to time anything")
        return {"clickd": gone / (ended - began), "seconds": ended - began, "came_in": came_in["events"],
                "came_in_per_second": per_second(came_in), "acknowledgement_p50_seconds": came_in["p50"],
                "acknowledgement_p99_seconds": came_in["p99"]}

    def details(self, result):
        return [
            f"{result['events'] / 1e6:.1f} million events drained at {rate(result['clickd'])} in"
            f" {result['seconds']:.1f} s while {rate(result['came_in_per_second'])} came in, acknowledged after"
            f" {duration(result['acknowledgement_p50_seconds'])} (p99 {duration(result['acknowledgement_p99_seconds'])})",
            f"raw {rate(result['raw'])}, librdkafka from memory; ratio {result['ratio']:.2f}",
            f"start to first OK {duration(statistics.median(result['start_seconds_each']))} usually, the first of them after"
            f" a kill; {result['peak_memory_bytes'] / 1e6:.0f} MB at most, filling and draining too",
        ]


ALL = {"drain": Drain()}

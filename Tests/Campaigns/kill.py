"""clickd is killed again and again, at random moments and at named points, at times with Kafka or MongoDB; senders go on.
In the end the checker reads the senders' histories, the topic and MongoDB.

  kill.py KILLER.so [--rounds N] [--seed N] [--mode kafka|direct]

Needs the servers of `scripts/services run`. The same seed makes the same plan; moments within a round are the machine's.
"""

import argparse
import random
import sys
import time

from campaign import Campaign, place, server

# What a round may die at, and up to which call of it: so that each is met within a second or two.
POINTS = {
    "kafka": {
        "pwrite64": 60, "fdatasync": 40, "send": 40, "rd_kafka_produce": 800, "rd_kafka_event_message_array": 40,
        "mongoc_collection_insert_many": 20, "mongoc_bulk_operation_execute": 30, "rd_kafka_commit": 5,
    },
    "direct": {
        "pwrite64": 60, "fdatasync": 40, "send": 40, "mongoc_collection_insert_many": 30,
        "mongoc_bulk_operation_execute": 20,
    },
}
SERVERS_EACH = 40  # rounds; then a server dies too


class KillCampaign(Campaign):
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        if options.mode == "direct":
            place.KAFKA = None
        super().__init__([place.Place()], options.rate)
        self.deaths = {}

    def spawn(self, environment):
        self.place.daemon = self.place._spawn("clickd", {"LD_PRELOAD": self.options.killer} | environment)

    def plan(self):
        """(point or None, calls, seconds, server or None) of one round."""
        points = POINTS[self.options.mode]
        which = None
        if self.random.randrange(SERVERS_EACH) == 0:
            which = self.random.choice(["kafka", "mongo"] if self.options.mode == "kafka" else ["mongo"])
        if self.random.randrange(3) == 0:
            return None, 0, self.random.uniform(0, 1.2), which
        point = self.random.choice(sorted(points))
        when = self.random.choice(["before", "after"])
        return f"{point} {when} {self.random.randint(1, points[point])}", points[point], 4.0, which

    def round(self, number):
        point, _, seconds, which = self.plan()
        self.spawn({"CLICKD_KILL_AT": point} if point else {})
        process = self.place.daemon
        deadline = time.monotonic() + seconds
        if which:
            server("kill", which)
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None:
            process.kill()
            self.count("random moment" if not point else "its point was not reached")
        elif process.wait() == -9:
            self.count(" ".join(point.split(" ")[:2]) if point else "killed by whom?")
        else:
            self.complain(f"round {number} ended by itself with {process.returncode}: {self.place.log('clickd')}")
        process.wait()
        if which:
            server("restart", which)
            self.count(f"{which} too")
        self.look_at_senders()

    def count(self, what):
        self.deaths[what] = self.deaths.get(what, 0) + 1

    def run(self):
        began = time.monotonic()
        self.begin()
        for number in range(self.options.rounds):
            self.round(number)
            if number % 50 == 49:
                print(f"round {number + 1}: {self.lines} lines settled, {time.monotonic() - began:.0f} s", flush=True)
        self.place.start_daemon()
        self.finish(self.place.settle)
        self.check(self.place.ledger, None if self.options.mode == "direct" else self.records())
        print(f"mode {self.options.mode}, seed {self.options.seed}: {self.options.rounds} deaths, {self.lines} lines, "
              f"{sum(one.reconnects for one in self.senders)} connections, {self.looks} looks at the ledger, "
              f"{time.monotonic() - began:.0f} s")
        for what, count in sorted(self.deaths.items()):
            print(f"  {count:5} {what}")
        return self.verdict()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("killer")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--mode", choices=["kafka", "direct"], default="kafka")
    parser.add_argument("--rate", type=int, default=300, help="lines a second of each sender")
    options = parser.parse_args()
    campaign = KillCampaign(options)
    print(f"kill campaign: mode {options.mode}, {options.rounds} rounds, seed {options.seed}", flush=True)
    try:
        return campaign.run()
    finally:
        campaign.place.remove()


sys.exit(main())

"""clickd stays and its servers fail, one fault a round, while senders go on: nodes die, stand still, refuse, forget.
In the end the checker reads the senders' histories, the topic and MongoDB.

  outages.py [--rounds N] [--seed N] [--only TEXT]

Needs the servers of `scripts/services run --kafka 3 --mongo-nodes 3`. The same seed makes the same plan; moments within a
round are the machine's. In each round is measured: from the fault to a condition in status that names it; and from when it is
taken back to when all that was acknowledged by then is in Kafka, is in MongoDB, and every daemon calls itself "running".
"""

import argparse
import collections
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

import history
from ids import messageid
from campaign import Campaign, place
from faults import FAULTS
from servers import Kafka, MongoDB

CONSUMERS = 4  # one more than the topic has partitions at first: it has nothing to do
NAMED_WITHIN = 20  # seconds
SESSION = '\n[kafka.consumer]\n"session.timeout.ms" = 6000\n'


class OutageCampaign(Campaign):
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        first = place.Place(SESSION, roles=["intake", "forwarder"], replication=3)
        self.consumers = [
            place.Place(SESSION, roles=["consumer"], beside=first, replication=3) for _ in range(CONSUMERS)]
        self.spare = place.Place(SESSION, roles=["consumer"], beside=first, replication=3)
        super().__init__([first, *self.consumers, self.spare], options.rate)
        self.kafka, self.mongodb = Kafka(first.name), MongoDB(first.name)
        self.kept = []  # files with the records of topics that were deleted
        self.times = collections.defaultdict(lambda: collections.defaultdict(list))

    # Looks

    @property
    def statuses(self):
        """Of all that should answer; None for one that does not."""
        return [self.latest.get(one) for one in self.places if one is not self.spare]

    def ledger(self, part):
        """A count over all daemons, as they said it last."""
        return sum(status["ledger"][part] for status in self.statuses if status)

    def are_running(self):
        return all(status and status["state"] == "running" for status in self.statuses)

    def is_consumed(self):
        """Nothing is on its way, by what the daemons say now."""
        web, *consumers = [one.status() for one in self.places[:1] + self.consumers]
        if not web or not all(consumers):
            return False
        ledger, counts = web["ledger"], self.mongodb.counts()
        done = counts["inserted"] + counts["duplicates"] + counts["consumer_dead"]
        return (ledger["pending"], ledger["outbox"]) == (0, 0) and done >= ledger["forwarded"] and not any(
            one["ledger"]["consumer_pending"] or one["consumer"]["lag"] for one in consumers)

    def dead(self, *words):
        """What `clickd dead` says; it fails where some are refused again."""
        said = subprocess.run(
            [place.BINARIES / "clickd", "dead", *words, "--config", self.place.config], capture_output=True, text=True,
            check=False)
        if said.returncode != 0:
            self.complain(f"clickd dead {' '.join(words[:3])}: {said.stdout[-200:]}{said.stderr[-500:]}")
        return said.stdout

    def keep_records(self):
        path = self.place.folder / f"records-{len(self.kept)}"
        with open(path, "w", encoding="utf-8") as file:
            for number, key, value in super().records():
                file.write(f"{number}\t{key}\t{value}\n")
        self.kept.append(path)

    def records(self):
        for path in self.kept:
            with open(path, encoding="utf-8") as file:
                for text in file:
                    number, key, value = text.rstrip("\n").split("\t", 2)
                    yield int(number), key, value
        yield from super().records()

    # A round

    def round(self, fault):
        if fault.needs_quiet:
            self.hold()
        stored = self.ledger("stored")
        refused = self.ledger(fault.refuses) if fault.refuses else 0
        length = self.random.uniform(*fault.seconds)
        fault.strike()
        struck = time.monotonic()
        named, reason = self.look_for_name(fault, struck, length, refused)
        still = self.ledger(fault.stops) if fault.stops else 0
        if fault.stops:
            time.sleep(1)
            if self.ledger(fault.stops) != still:
                self.complain(f"it was to stop what is {fault.stops}, and did not")
            if named is None:
                self.complain(f"not named within {NAMED_WITHIN} s: {self.reasons()}")
        if self.ledger("stored") <= stored and not fault.needs_quiet:
            self.complain("nothing was stored while it lasted")
        fault.take_back()
        times = self.recover(fault, time.monotonic())
        self.look_at_senders()
        for what, seconds in (("named", named), *times.items()):
            self.times[fault.name][what].append(seconds)
        said = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in times.items() if seconds is not None)
        print(f"{fault.name}, {length:.1f} s: " + (f"named {named:.1f} s ({reason}), " if named is not None else "") + said,
              flush=True)

    def hold(self):
        """Senders pause, and what they sent is consumed."""
        for sender in self.senders:
            sender.holding.set()
        place.eventually(lambda: all(one.settled == one.sent for one in self.senders), 60, "everything sent is settled")
        place.eventually(self.is_consumed, 60, lambda: f"everything is consumed: {self.reasons()}")

    def look_for_name(self, fault, struck, length, refused):
        """(seconds until status named it, the reason), or (None, None). Returns when the fault has lasted."""
        named = reason = None
        while True:
            seconds = time.monotonic() - struck
            if named is None:
                reason = self.name_of(fault)
                named = seconds if reason else None
            waits = (fault.stops and named is None) or (fault.refuses and self.ledger(fault.refuses) <= refused)
            if seconds > max(length, NAMED_WITHIN if waits else 0):
                if fault.refuses and self.ledger(fault.refuses) <= refused:
                    self.complain("it was to refuse something, and did not")
                return named, reason
            time.sleep(0.05)

    def name_of(self, fault):
        for status in filter(None, self.statuses):
            for one in status["conditions"]:
                if one["part"] in fault.parts and re.search(fault.reason, one["reason"]):
                    return f"{one['part']}: {one['reason']}"
        return None

    def reasons(self):
        return [status and status["reasons"] for status in self.statuses]

    def account(self):
        """What the daemons say of themselves, for a complaint."""
        said = []
        for one in self.places:
            status = self.latest.get(one) or {}
            said.append(f"{one.folder.name}: {status.get('reasons')} {status.get('consumer')}\n{one.log('clickd')}")
        return "\n".join(said)

    def recover(self, fault, back):
        """Seconds since it was taken back until everything goes on."""
        for sender in self.senders:
            sender.holding.clear()
        ids = [messageid(one.name, number) for one in self.senders
               for number in range(max(0, one.settled - history.VISITORS), one.settled) if not history.is_bad(number)]
        stored = (self.place.status() or {"ledger": {"stored": 0}})["ledger"]["stored"]
        times = {"sent": None, "written": None, "running": None}
        holds = {
            "sent": lambda: self.latest[self.place] and sum(
                self.latest[self.place]["ledger"][part] for part in ("forwarded", "dead", "dropped", "lost")) >= stored,
            "written": lambda: self.mongodb.has(ids),
            "running": self.are_running,
        }
        while None in times.values() and time.monotonic() < back + fault.patience + 10:
            if fault.refuses and self.ledger(fault.refuses):
                fault.mend()
            for what, seconds in times.items():
                if seconds is None and holds[what]():
                    times[what] = time.monotonic() - back
            time.sleep(0.05)
        for what, seconds in times.items():
            if seconds is None or seconds > fault.patience:
                self.complain(f"{what} again after {seconds} s, not within {fault.patience} s: {self.account()}")
        if fault.refuses:
            place.eventually(lambda: self.is_mended(fault), 60, lambda: f"no dead letter is left: {self.reasons()}")
        place.eventually(
            lambda: self.kafka.is_in_step() and self.mongodb.is_in_step(), 90, "all copies are in step again")
        return times

    def is_mended(self, fault):
        if self.ledger(fault.refuses):
            fault.mend()
        return not self.ledger(fault.refuses)

    # All of it

    def plan(self):
        """Each fault about as often as any other, in an order of the seed's."""
        wanted = [fault for fault in FAULTS if not self.options.only or re.search(self.options.only, fault.name)]
        deck = []
        for _ in range(self.options.rounds):
            if not deck:
                deck = wanted[:]
                self.random.shuffle(deck)
            yield deck.pop()(self)

    def settle(self, seconds):
        place.eventually(self.is_consumed, seconds, lambda: f"everything has arrived: {self.reasons()}")

    def whole_ledger(self):
        """The intake's, and the consumers' as MongoDB keeps it; what the consumers say of theirs has to agree."""
        counts = self.mongodb.counts()
        said = {part: sum(one.ledger[part] for one in self.consumers) for part in counts}
        if not self.kept and said != counts:
            self.complain(f"the consumers say {said}, MongoDB {counts}")
        return self.place.ledger | counts | {"consumer_pending": sum(one.ledger["consumer_pending"] for one in self.consumers)}

    def run(self):
        began = time.monotonic()
        for one in [self.place, *self.consumers]:
            one.start_daemon()
        self.begin()
        place.eventually(self.are_running, 60, lambda: f"all run: {self.reasons()}")
        place.eventually(lambda: self.ledger("inserted") > 0, 60, "events arrive")
        for fault in self.plan():
            self.round(fault)
        self.finish(self.settle)
        self.check(self.whole_ledger(), self.records())
        for one in [self.place, *self.consumers]:
            one.stop()
            if one.ends["daemon"] != 0:
                self.complain(f"a daemon ended with {one.ends['daemon']}: {one.log('clickd')}")
        self.table()
        print(f"seed {self.options.seed}: {self.options.rounds} faults, {self.lines} lines, "
              f"{sum(one.reconnects for one in self.senders)} connections, {self.looks} looks at the ledger, "
              f"{time.monotonic() - began:.0f} s")
        return self.verdict()

    def table(self):
        """Median and worst, in seconds."""
        print(f"{'':60}{'':4} " + "".join(f"{what:>14}" for what in ("named", "sent", "written", "running")))
        for name, times in sorted(self.times.items()):
            line = f"{name:60}{len(times['sent']):4} "
            for what in ("named", "sent", "written", "running"):
                known = [seconds for seconds in times[what] if seconds is not None]
                line += f"{statistics.median(known):8.1f} {max(known):5.1f}" if known else f"{'-':>14}"
            print(line)

    def remove(self):
        """However it ends: no daemon and no folder stays. The servers are those of `scripts/services run`, which ends them."""
        for one in self.places:
            if one.daemon and one.daemon.poll() is None:
                one.kill("daemon")
            shutil.rmtree(one.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--only", help="faults whose name this pattern finds")
    parser.add_argument("--rate", type=int, default=200, help="lines a second of each sender")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"outage campaign: {options.rounds} rounds, seed {options.seed}", flush=True)
    campaign = OutageCampaign(options)
    try:
        return campaign.run()
    except AssertionError as error:
        campaign.complain(f"it could not go on: {error}")
        for one in campaign.places:
            print(one.log("clickd"))
        return campaign.verdict()
    finally:
        campaign.remove()


sys.exit(main())

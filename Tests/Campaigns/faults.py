"""The faults of servers: what each does, what it must be called in status, and how it is taken back.

A fault that stops something (`stops`) has to be named while it lasts by a condition of one of `parts` whose reason fits
`reason`. One that refuses events (`refuses`) is over when `mend` has brought them in.
"""

import contextlib
import json
import signal

import pymongo.errors
from campaign import place, server
from servers import MEMBERS, NODES

KAFKA, MONGODB = ("kafka", "forwarder"), ("mongodb",)
SESSION = 6  # seconds without a heartbeat: then a consumer is out of its group (a node of Kafka out of its cluster: 5)


class Fault:
    name = ""
    parts = KAFKA
    reason = r"."
    stops = None  # "forwarded" or "inserted": what must not grow while it lasts
    refuses = None  # "dead" or "consumer_dead": where refused events are counted
    seconds = (1, 4)  # it lasts, chosen by the seed
    patience = 30  # seconds within which everything has to go on
    needs_quiet = False  # senders pause, and all they sent is consumed, before it comes

    def __init__(self, campaign):
        self.campaign = campaign
        self.kafka, self.mongodb = campaign.kafka, campaign.mongodb
        self.choose = campaign.random.choice

    def strike(self):
        raise NotImplementedError

    def take_back(self):
        pass

    def mend(self):
        """Looks until all is as if it had not been; a complaint, or None."""


class Killed(Fault):
    def victims(self):
        raise NotImplementedError

    def strike(self):
        self.names = self.victims()
        for name in self.names:
            server("kill", name)

    def take_back(self):
        for name in self.names:
            server("restart", name)


class Paused(Killed):
    def strike(self):
        self.names = self.victims()
        for name in self.names:
            server("pause", name)

    def take_back(self):
        for name in self.names:
            server("resume", name)


# Kafka


class LeaderKilled(Killed):
    name = "Kafka: a partition's leader killed, started"

    def victims(self):
        return [self.kafka.leader(0)]


class NodePaused(Paused):
    name = "Kafka: a node stands still past its session"
    seconds = (6, 9)

    def victims(self):
        return [self.kafka.leader(0)]


# Three nodes are their own controllers: without two of them nobody can tell that copies are missing. Requests to those that
# are gone are refused or not answered, and the one that is left answers that a request has run out.
GONE = r"refused|timed out|not answer|no answer|brokers|disconnected|replica"


class TwoNodes:
    """Which two of three a fault strikes, and what of it is seen."""

    stops = "forwarded"
    reason = GONE

    def victims(self):
        return sorted(self.campaign.random.sample(NODES, 2))


class TwoNodesKilled(TwoNodes, Killed):
    name = "Kafka: two nodes of three killed, started"


class TwoNodesPaused(TwoNodes, Paused):
    name = "Kafka: two nodes of three stand still"


class AllNodesKilled(Killed):
    name = "Kafka: all nodes killed, started"
    stops = "forwarded"
    reason = GONE

    def victims(self):
        return ["kafka"]


class TooFewInSync(Killed):
    name = "Kafka: fewer copies in sync than min.insync.replicas"
    stops = "forwarded"
    reason = r"too few replicas in sync"

    def victims(self):
        return [self.choose(NODES)]

    def strike(self):
        self.kafka.configure("min.insync.replicas", "3")
        super().strike()

    def take_back(self):
        super().take_back()
        self.kafka.configure("min.insync.replicas", None)


class PartitionsAdded(Fault):
    name = "Kafka: partitions added"
    patience = 45  # the group looks at its topics every 30 s

    def strike(self):
        count = len(self.kafka.partitions()) + self.choose([1, 2])
        self.kafka.add_partitions(count)
        self.campaign.history.counts += (count,)


class TopicAgain(Fault):
    name = "Kafka: topic deleted and made again"
    needs_quiet = True

    def strike(self):
        self.campaign.keep_records()
        self.kafka.delete()

    def take_back(self):
        place.eventually(self.kafka.is_in_step, 60, "the topic is there again")


class TooLarge(Fault):
    name = "Kafka: max.message.bytes below some events, raised"
    refuses = "dead"
    code = "msg_size_too_large"

    def strike(self):
        self.kafka.configure("max.message.bytes", "2000")

    def take_back(self):
        self.kafka.configure("max.message.bytes", None)

    def mend(self):
        """The letters are known before they are retried: they come late."""
        dead = self.campaign.dead
        listed = [json.loads(line) for line in dead("list", "--side", "outbox", "--limit", "1000000", "--json").splitlines()]
        strange = [one for one in listed if one["code"] != self.code]
        if strange:
            return f"dead for another reason: {strange[0]}"
        for at in range(0, len(listed), 100):
            shown = dead("show", "--side", "outbox", "--json", *(one["id"] for one in listed[at:at + 100]))
            self.campaign.history.late |= {json.loads(json.loads(line)["value"])["messageId"] for line in shown.splitlines()}
        if listed:
            dead("retry", "--side", "outbox", *(one["id"] for one in listed))
        return None


class LeadersElected(Fault):
    name = "Kafka: a node stopped and started, then an election"
    seconds = (0, 1)

    def strike(self):
        server("restart", self.kafka.leader(0))
        place.eventually(self.kafka.is_in_step, 60, "the node has all copies again")
        if not self.kafka.led_by_others():
            self.campaign.complain("a node was stopped, and all its partitions are led by it still")

    def take_back(self):
        self.kafka.elect()
        place.eventually(lambda: not self.kafka.led_by_others(), 30, "first replicas lead")


# MongoDB


class PrimaryKilled(Killed):
    name = "MongoDB: the primary killed, started"
    parts = MONGODB

    def victims(self):
        return [self.mongodb.primary()]


class PrimaryPaused(Paused):
    name = "MongoDB: the primary stands still"
    parts = MONGODB
    seconds = (4, 7)

    def victims(self):
        return [self.mongodb.primary()]


class PrimaryStepsDown(Fault):
    name = "MongoDB: the primary steps down"
    parts = MONGODB

    def strike(self):
        self.mongodb.step_down(self.mongodb.primary())


class NoMajority(Killed):
    name = "MongoDB: two members of three killed, started"
    parts = MONGODB
    stops = "inserted"
    reason = r"primary|No suitable servers|refused|write concern|not replicate|majority|timed out|timeout"

    def victims(self):
        return sorted(self.campaign.random.sample(MEMBERS, 2))


class NoReplication(Fault):
    name = "MongoDB: no secondary copies; the majority's write runs out"
    parts = MONGODB
    stops = "inserted"
    reason = r"replicat|write concern|majority"
    seconds = (3, 6)

    def strike(self):
        primary = self.mongodb.primary()
        self.secondaries = [name for name in MEMBERS if name != primary]
        for name in self.secondaries:
            self.mongodb.replicate(name, False)

    def take_back(self):
        for name in self.secondaries:
            self.mongodb.replicate(name, True)


class Refused(Fault):
    """By MongoDB, for what they are."""
    refuses = "consumer_dead"
    parts = ("dead letters",)
    code = ""

    def mend(self):
        self.campaign.dead("retry", "--side", "mongodb", "--code", self.code)


class Validator(Refused):
    name = "MongoDB: a validator refuses some documents"
    code = "mongodb_121"

    def strike(self):
        some = {"properties.n": {"$not": {"$mod": [53, self.choose(range(53))]}}}
        self.mongodb.database.command("collMod", "events", validator=some)

    def take_back(self):
        self.mongodb.database.command("collMod", "events", validator={})


class UniqueIndex(Refused):
    name = "MongoDB: a unique index refuses some documents"
    code = "mongodb_11000"

    def strike(self):
        """Senders have the same prices; some that are to come are indexed: how soon depends on how long that takes."""
        ahead = 1000
        while True:
            first = max(one.sent for one in self.campaign.senders) + ahead
            with contextlib.suppress(pymongo.errors.DuplicateKeyError):
                self.mongodb.database.events.create_index(
                    "properties.price", unique=True, name="outage",
                    partialFilterExpression={"properties.n": {"$gte": first, "$lt": first + 20}})
                return
            ahead *= 2

    def take_back(self):
        self.mongodb.database.events.drop_index("outage")


# Consumers


class ConsumerKilled(Fault):
    name = "clickd: a consumer killed, started"
    seconds = (1, SESSION + 3)

    def strike(self):
        self.victim = self.choose(self.campaign.consumers)
        self.victim.kill("daemon")

    def take_back(self):
        self.victim.start_daemon()


class ConsumerPaused(Fault):
    name = "clickd: a consumer stands still past its session"
    seconds = (SESSION + 2, SESSION + 4)

    def strike(self):
        self.victim = self.choose(self.campaign.consumers)
        self.victim.daemon.send_signal(signal.SIGSTOP)

    def take_back(self):
        self.victim.daemon.send_signal(signal.SIGCONT)


class ConsumerStarted(Fault):
    name = "clickd: a consumer more, and stopped"
    seconds = (3, 6)

    def strike(self):
        self.campaign.spare.start_daemon()

    def take_back(self):
        self.campaign.spare.stop()
        if self.campaign.spare.ends["daemon"] != 0:
            self.campaign.complain(f"a consumer ended with {self.campaign.spare.ends}")


FAULTS = [
    LeaderKilled, NodePaused, TwoNodesKilled, TwoNodesPaused, AllNodesKilled, TooFewInSync, PartitionsAdded, TopicAgain,
    TooLarge, LeadersElected, PrimaryKilled, PrimaryPaused, PrimaryStepsDown, NoMajority, NoReplication, Validator, UniqueIndex,
    ConsumerKilled, ConsumerPaused, ConsumerStarted,
]



"""The servers of `scripts/services run --kafka 3 --mongo-nodes 3`, and what can be done to them while they serve."""

import contextlib
import os
import pathlib
import shlex
import subprocess

import pymongo
import pymongo.errors
from campaign import place
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

MEMBERS = ["mongo-1", "mongo-2", "mongo-3"]
NODES = ["kafka-1", "kafka-2", "kafka-3"]


class Kafka:
    def __init__(self, topic):
        self.topic = topic

    def ask(self, request):
        """Of a new client each time: one that outlives its nodes may free twice what a late answer belongs to
        (confluent-kafka 2.8.0, seen; librdkafka issue 4605)."""
        return request(AdminClient({"bootstrap.servers": place.KAFKA, "log_level": 0}))

    def partitions(self):
        """{number: partition} of the topic; empty where it is not, or nobody says."""
        with contextlib.suppress(KafkaException):
            topic = self.ask(lambda admin: admin.list_topics(self.topic, timeout=5)).topics[self.topic]
            if not topic.error:
                return topic.partitions
        return {}

    def leader(self, number):
        """The name of the node that leads a partition."""
        return f"kafka-{self.partitions()[number].leader}"

    def is_in_step(self):
        partitions = self.partitions()
        return bool(partitions) and all(len(one.isrs) == 3 and one.leader >= 0 for one in partitions.values())

    def add_partitions(self, count):
        self.ask(lambda admin: admin.create_partitions([NewPartitions(self.topic, count)])[self.topic].result(30))

    def delete(self):
        self.ask(lambda admin: admin.delete_topics([self.topic], operation_timeout=20)[self.topic].result(30))

    def configure(self, name, value):
        """A setting of the topic; None: the broker's own again."""
        kind = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
        entry = ConfigEntry(name, value or "", incremental_operation=kind)
        resource = ConfigResource(ResourceType.TOPIC, self.topic, incremental_configs=[entry])
        self.ask(lambda admin: admin.incremental_alter_configs([resource])[resource].result(30))

    def elect(self):
        """Every partition's first replica leads again: what kafka-leader-election.sh runs."""
        for line in pathlib.Path(os.environ["CLICKD_SERVICES_DIR"], "env").read_text().splitlines():
            if line.startswith("KAFKA_HOME="):
                home = pathlib.Path(*shlex.split(line.partition("=")[2]))
        subprocess.run(
            [home / "bin/kafka-run-class.sh", "org.apache.kafka.tools.LeaderElectionCommand", "--bootstrap-server", place.KAFKA,
             "--election-type", "preferred", "--all-topic-partitions"],
            check=True, capture_output=True, env=os.environ | {"KAFKA_HEAP_OPTS": "-Xmx128m -XX:TieredStopAtLevel=1"})

    def led_by_others(self):
        """How many partitions are not led by their first replica."""
        return sum(one.leader != one.replicas[0] for one in self.partitions().values())


class MongoDB:
    def __init__(self, database):
        self.client = pymongo.MongoClient(place.MONGODB, serverSelectionTimeoutMS=2000, socketTimeoutMS=20000)
        self.database = self.client[database]
        addresses = place.MONGODB.partition("//")[2].partition("/")[0].split(",")
        self.members = {
            name: pymongo.MongoClient(
                f"mongodb://{address}/?directConnection=true", serverSelectionTimeoutMS=2000, socketTimeoutMS=10000)
            for name, address in zip(MEMBERS, addresses)}

    def hello(self, name):
        with contextlib.suppress(pymongo.errors.PyMongoError):
            return self.members[name].admin.command("hello")
        return {}

    def primary(self):
        return next((name for name in MEMBERS if self.hello(name).get("isWritablePrimary")), None)

    def is_in_step(self):
        hellos = [self.hello(name) for name in MEMBERS]
        return sum(bool(one.get("isWritablePrimary")) for one in hellos) == 1 and all(
            one.get("isWritablePrimary") or one.get("secondary") for one in hellos)

    def step_down(self, name):
        with contextlib.suppress(pymongo.errors.AutoReconnect):
            self.members[name].admin.command("replSetStepDown", 5, secondaryCatchUpPeriodSecs=2, force=True)

    def replicate(self, name, does):
        """A secondary ceases to copy, or goes on; alive all the while."""
        mode = "off" if does else "alwaysOn"
        self.members[name].admin.command({"configureFailPoint": "stopReplProducer", "mode": mode})

    def has(self, ids):
        with contextlib.suppress(pymongo.errors.PyMongoError):
            return self.database.events.count_documents({"_id": {"$in": ids}}) == len(ids)
        return False

    def counts(self):
        """The consumers' side of the ledger, as MongoDB keeps it, of all partitions there ever were."""
        names = {"consumed": "consumed", "inserted": "inserted", "duplicates": "duplicates", "consumer_dead": "dead",
                 "consumer_dropped": "dropped", "skipped": "skipped"}
        group = {"_id": None, **{name: {"$sum": f"${field}"} for name, field in names.items()}}
        found = next(self.database.offsets.aggregate([{"$group": group}]), dict.fromkeys(names, 0))
        return {name: found[name] for name in names}

"""The eleven hosts together, and questions about what they hold."""

import json
import os
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from hosts import ClickdHost, Host, make_bridge  # noqa: E402
from local_servers import kafka, mongodb  # noqa: E402

KAFKA_PORT, CONTROLLER_PORT, MONGODB_PORT = 9092, 9093, 27017


class Estate:
    def __init__(self, folder):
        make_bridge()
        self.kafka_hosts = [Host(folder, f"kafka-{i}", 20 + i) for i in (1, 2, 3)]
        self.mongodb_hosts = [Host(folder, f"mongodb-{i}", 30 + i) for i in (1, 2, 3)]
        # All can start at once; a real estate's hosts do that too.
        os.environ["EXTRA"] = "group.min.session.timeout.ms=1000"
        self.cluster = kafka.Cluster(kafka.find_home(ROOT), [
            kafka.Node(host.folder, KAFKA_PORT, CONTROLLER_PORT, host.address, host.name) for host in self.kafka_hosts], 6)
        self.mongod = mongodb.find(ROOT)
        self.mongodb_addresses = [host.address for host in self.mongodb_hosts]
        members = ",".join(f"{address}:{MONGODB_PORT}" for address in self.mongodb_addresses)
        uri = f"mongodb://{members}/?replicaSet={mongodb.REPLICA_SET}"
        web, consumer = ["intake", "forwarder"], ["consumer"]
        self.web = [ClickdHost(folder, f"web-{i}", 10 + i, web, self.cluster.brokers, uri) for i in (1, 2, 3)]
        self.consumers = [ClickdHost(folder, f"consumer-{i}", 40 + i, consumer, self.cluster.brokers, uri) for i in (1, 2)]

    def kinds(self):
        return {"web": self.web, "Kafka": self.kafka_hosts, "consumer": self.consumers, "MongoDB": self.mongodb_hosts}

    def start(self):
        """Kafka and MongoDB serve when it returns; the clickds of the web hosts find their topic soon."""
        launched = self.cluster.launch([1, 2, 3])
        members = [self.start_mongodb(host) for host in self.mongodb_hosts]
        places = [(address, MONGODB_PORT) for address in self.mongodb_addresses]
        mongodb.wait_until_primary(members[0], self.mongodb_hosts[0].folder, places)
        self.cluster.wait(launched, 3)
        for host in self.web:
            host.start()

    def start_mongodb(self, host):
        return mongodb.launch(self.mongod, host.folder, MONGODB_PORT, host.address, host.name)

    def start_again(self, host):
        """What ran on a host before it was killed."""
        if host in self.kafka_hosts:
            self.cluster.launch([self.kafka_hosts.index(host) + 1])
        elif host in self.mongodb_hosts:
            self.start_mongodb(host)
        else:
            host.start()

    # MongoDB.

    def primary(self):
        """The host whose mongod takes writes; None during an election."""
        for host in self.mongodb_hosts:
            hello = self.ask(host, {"hello": 1})
            # One that is cut off calls itself primary for a while.
            if hello and hello.get("isWritablePrimary") and hello.get("lastWrite"):
                return host
        return None

    def ask(self, host, command):
        try:
            with socket.create_connection((host.address, MONGODB_PORT), timeout=1) as connection:
                connection.settimeout(30)
                return mongodb.command(connection, command)
        except (OSError, LookupError, struct.error):
            return None

    def query(self, command):
        """The answer's first batch, from the primary; None when there is no primary now."""
        host = self.primary()
        answer = self.ask(host, {**command, "$db": "clickd"}) if host else None
        return answer["cursor"]["firstBatch"] if answer and "cursor" in answer else None

    def progress(self):
        """The consumers' side of the ledger, of all partitions together; None when nobody can say now."""
        names = ("consumed", "inserted", "duplicates", "dead", "skipped")
        group = {"_id": "all", **{name: {"$sum": f"${name}"} for name in names}}
        found = self.query({"aggregate": "offsets", "pipeline": [{"$group": group}], "cursor": {}})
        return None if found is None else found[0] if found else dict.fromkeys(names, 0)

    def inserted(self):
        progress = self.progress()
        return None if progress is None else progress["inserted"]

    def stored_bytes(self):
        """(of documents, of them on disk, of their indexes on disk), in one of the three copies; and Kafka's, in all three."""
        stats = [{"$collStats": {"storageStats": {}}}, {"$project": {
            name: f"$storageStats.{name}" for name in ("size", "storageSize", "totalIndexSize")}}]
        found = self.query({"aggregate": "events", "pipeline": stats, "cursor": {}})[0]
        kept = 0
        for host in self.kafka_hosts:
            for folder, _, names in os.walk(host.path("data")):
                if os.path.basename(folder).startswith("clicks-"):
                    kept += sum(os.path.getsize(os.path.join(folder, name)) for name in names if name.endswith(".log"))
        return found["size"], found["storageSize"], found["totalIndexSize"], kept

    def has(self, ids):
        found = self.query({
            "aggregate": "events", "pipeline": [{"$match": {"_id": {"$in": ids}}}, {"$count": "n"}], "cursor": {}})
        return bool(found) and found[0]["n"] == len(ids)

    def events_by_host(self):
        """{host: (documents, lowest number, highest number)}"""
        group = {"_id": "$host", "n": {"$sum": 1}, "low": {"$min": "$properties.n"}, "high": {"$max": "$properties.n"}}
        found = self.query({"aggregate": "events", "pipeline": [{"$group": group}], "cursor": {}})
        return {one["_id"]: (one["n"], one["low"], one["high"]) for one in found or []}

    def replicas_are_in_step(self):
        """Every partition has its three copies, and MongoDB its two secondaries: another loss can be borne."""
        told = subprocess.run(
            ["kcat", "-L", "-J", "-m", "5", "-b", self.cluster.brokers, "-t", "clicks"], capture_output=True, text=True, check=False)
        if told.returncode != 0:
            return False
        partitions = json.loads(told.stdout)["topics"][0]["partitions"]
        hellos = [self.ask(host, {"hello": 1}) for host in self.mongodb_hosts]
        return all(len(one["isrs"]) == 3 for one in partitions) and all(
            hello and (hello.get("isWritablePrimary") or hello.get("secondary")) for hello in hellos)

    def account(self):
        """What the clickds say of themselves, for a failure."""
        for host in self.web + self.consumers:
            status = host.status() or {}
            with open(host.path("log"), encoding="utf-8", errors="replace") as log:
                tail = "".join(log.readlines()[-8:])
            yield f"{host.name}: {status.get('reasons')} {status.get('ledger')} {status.get('consumer')}\n{tail}"

    # Kafka.

    def records(self):
        """Every record of the topic, partition by partition in order: (partition, key, value)."""
        read = subprocess.Popen(
            ["kcat", "-C", "-q", "-b", self.cluster.brokers, "-t", "clicks", "-o", "beginning", "-e", "-f", "%p\t%k\t%s\n"],
            stdout=subprocess.PIPE, text=True)
        for line in read.stdout:
            yield line.rstrip("\n").split("\t", 2)
        if read.wait() != 0:
            raise RuntimeError("kcat could not read the topic")


def eventually(seconds, what, holds):
    """Seconds until it held."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - began

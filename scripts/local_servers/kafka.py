"""A Kafka of one or three nodes, each broker and controller in one (KRaft), run by Apache's own scripts.

Found where KAFKA_HOME says, else in /opt/kafka, else beside the project, else fetched once into .build. With three nodes topics
are kept three times and need two in-sync copies, as in production; a single node keeps them once.
"""

import base64
import glob
import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import tarfile
import time
import urllib.request
import uuid
from typing import NamedTuple

from . import Trouble, processes

VERSION = "kafka_2.13-4.3.1"
# The one address from which anything is fetched. Its checksum is published beside it: that finds a damaged download, and
# TLS has to answer for who sent it. CLICKD_KAFKA_ARCHIVE names a mirror.
ARCHIVE = f"https://archive.apache.org/dist/kafka/4.3.1/{VERSION}.tgz"
NOT_FOUND = 3
PATIENCE = 90  # seconds until a node must answer; far more than it takes, but a loaded machine may be slow


def find_java():
    """Kafka 4 needs Java 17. Raises the sentence that says how to get it."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        raise Trouble("Kafka needs Java 17 or later: run scripts/install-deps services", NOT_FOUND) from None
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if not version or int(version.group(1)) < 17:
        raise Trouble(f"Kafka needs Java 17 or later, {java} is {version.group(1) if version else 'unreadable'}", NOT_FOUND)


def find_home(root):
    """The folder with bin/kafka-server-start.sh. `root` is the project's."""
    wanted = os.environ.get("KAFKA_HOME")
    if wanted:
        if is_home(wanted):
            return os.path.realpath(wanted)
        raise Trouble(f"KAFKA_HOME is {wanted}, where there is no bin/kafka-server-start.sh", NOT_FOUND)
    fetched = os.path.join(root, ".build", VERSION)
    for place in ("/opt/kafka", os.path.join(root, "..", "shared", "kafka"), fetched):
        if is_home(place):
            return os.path.realpath(place)
    return fetch(fetched)


def is_home(place):
    return all(os.path.exists(os.path.join(place, "bin", f"kafka-{name}.sh")) for name in ("server-start", "storage"))


def fetch(place):
    address = os.environ.get("CLICKD_KAFKA_ARCHIVE", ARCHIVE)
    partial = f"{place}.{os.getpid()}"
    try:
        os.makedirs(partial)
        archive = os.path.join(partial, "archive.tgz")
        with urllib.request.urlopen(f"{address}.sha512", timeout=5) as answer:
            # Either "HASH  NAME" or "NAME: HA SH HA SH ...", over several lines.
            text = answer.read(4096).decode("ascii", "replace").replace(os.path.basename(address), "")
        published = "".join(re.findall(r"[0-9a-fA-F]+", text)).lower()
        digest = hashlib.sha512()
        with urllib.request.urlopen(address, timeout=5) as answer, open(archive, "wb") as file:
            while block := answer.read(1 << 20):
                digest.update(block)
                file.write(block)
                processes.pause_between_looks(0)
        if digest.hexdigest() != published:
            raise Trouble(f"{address} does not have the checksum published beside it", NOT_FOUND)
        with tarfile.open(archive) as packed:
            packed.extractall(partial, filter="data") if hasattr(tarfile, "data_filter") else packed.extractall(partial)
        unpacked = glob.glob(os.path.join(partial, "*", "bin", "kafka-server-start.sh"))
        if not unpacked:
            raise Trouble(f"{address} does not hold Kafka", NOT_FOUND)
        os.rename(os.path.dirname(os.path.dirname(unpacked[0])), place)
        return place
    except (OSError, ValueError, tarfile.TarError) as error:
        if is_home(place):
            return place  # another start was faster
        raise Trouble(
            f"no Kafka: not in KAFKA_HOME, /opt/kafka or beside the project, and {address} cannot be had ({error})",
            NOT_FOUND) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class Node(NamedTuple):
    folder: str
    port: int
    controller: int
    address: str = "127.0.0.1"
    network: str = ""  # the network namespace that it runs in


class Cluster:
    """`nodes` are the same at every start. `properties`: lines that win over ours; `format_arguments`: for what the storage is
    given before the first start."""

    def __init__(self, home, nodes, partitions, properties="", format_arguments=()):
        self.home = home
        self.nodes = nodes
        self.partitions = partitions
        self.properties = properties
        self.format_arguments = list(format_arguments)

    @property
    def brokers(self):
        return ",".join(f"{node.address}:{node.port}" for node in self.nodes)

    def configure(self, number):
        # A killed broker may come back only when its old session is over: 9 s unless shortened here.
        folder, port, controller, address, _ = self.nodes[number - 1]
        copies = len(self.nodes)
        voters = ",".join(f"{i}@{node.address}:{node.controller}" for i, node in enumerate(self.nodes, 1))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "server.properties"), "w", encoding="utf-8") as file:
            file.write(f"""process.roles=broker,controller
node.id={number}
listeners=PLAINTEXT://{address}:{port},CONTROLLER://{address}:{controller}
advertised.listeners=PLAINTEXT://{address}:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={folder}/data
num.partitions={self.partitions}
default.replication.factor={copies}
min.insync.replicas={(copies + 1) // 2}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={(copies + 1) // 2}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={(copies + 1) // 2}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000
{self.properties}
{os.environ.get("EXTRA", "")}
""")

    def environment(self, folder, heap):
        return {
            "KAFKA_HEAP_OPTS": os.environ.get("KAFKA_HEAP_OPTS", heap),
            "LOG_DIR": os.path.join(folder, "logs"),
            "EXTRA_ARGS": "-name kafkaServer",  # Apache's script would add a log of garbage collection
            "JMX_PORT": "",  # one for all nodes would make the second fail
        }

    def script(self, name):
        return os.path.join(self.home, "bin", f"kafka-{name}.sh")

    def format(self, folders):
        """Formats the data of nodes that have none, all at once. The cluster's id is kept beside them."""
        fresh = [folder for folder in folders if not os.path.exists(os.path.join(folder, "data", "meta.properties"))]
        if not fresh:
            return
        identity = os.path.join(os.path.dirname(self.nodes[0].folder), "kafka-cluster-id")
        if not os.path.exists(identity):
            made = "C" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii")[1:22]
            with open(identity, "w", encoding="ascii") as file:
                file.write(made)
        with open(identity, encoding="ascii") as file:
            made = file.read().strip()
        formatting = []
        for folder in fresh:
            environment = self.environment(folder, "-Xmx256m -XX:TieredStopAtLevel=1")
            formatting.append((folder, processes.launch(
                folder, [self.script("storage"), "format", "-t", made, "-c", os.path.join(folder, "server.properties"),
                 *self.format_arguments], os.path.join(folder, "log"), environment)))
        for folder, process in formatting:
            while process.poll() is None:
                processes.pause_between_looks()
            if process.returncode:
                raise Trouble(f"Kafka could not format {folder}:\n{last_lines(os.path.join(folder, 'log'))}")

    def launch(self, numbers):
        """Starts these nodes and returns [(folder, process)], without waiting."""
        for number in numbers:
            self.configure(number)
        self.format([self.nodes[number - 1].folder for number in numbers])
        launched = []
        for number in numbers:
            node = self.nodes[number - 1]
            folder = node.folder
            process = processes.launch(
                folder, [self.script("server-start"), os.path.join(folder, "server.properties")],
                os.path.join(folder, "log"), self.environment(folder, "-Xmx512m"), node.network)
            launched.append((folder, process))
        return launched

    def wait(self, launched, members):
        """Returns when each of these nodes serves clients and sees at least `members` brokers."""
        deadline = time.monotonic() + PATIENCE
        nodes = {node.folder: node for node in self.nodes}
        for folder, process in launched:
            log = os.path.join(folder, "log")
            while brokers_seen(nodes[folder].address, nodes[folder].port) < members:
                if process.poll() is not None:
                    raise Trouble(f"Kafka ended with status {process.returncode}, see {log}:\n{last_lines(log)}")
                if time.monotonic() > deadline:
                    raise Trouble(f"Kafka did not answer within {PATIENCE} s, see {log}:\n{last_lines(log)}")
                processes.pause_between_looks()


def brokers_seen(address, port):
    """How many brokers the one at this address knows: a Metadata request (version 4, no topics) by hand. 0 when none answers."""
    body = struct.pack(">hhih6siB", 3, 4, 1, 6, b"clickd", 0, 0)
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = b""
            while len(answer) < 16:
                block = connection.recv(64)
                if not block:
                    return 0
                answer += block
            return struct.unpack(">i", answer[12:16])[0]  # after size, correlation id and throttle time
    except OSError:
        return 0


def last_lines(log, count=15):
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            return "".join("  " + line for line in file.readlines()[-count:]).rstrip()
    except OSError:
        return "  (no log)"

"""Hosts: network namespaces on one bridge, each with an address, a folder, and the processes that run in it.

To be used in a network, mount and process namespace of one's own (Tests/HostsTests/run): nothing is taken down here.
"""

import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CLICKD = os.path.join(ROOT, ".build", "release", "clickd")
TICKS = os.sysconf("SC_CLK_TCK")
NOBODY = "02:00:00:00:00:01"


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def make_bridge():
    ip("link", "set", "lo", "up")
    ip("link", "add", "hosts", "type", "bridge")
    ip("addr", "add", "10.77.0.1/24", "dev", "hosts")
    ip("link", "set", "hosts", "up")


class Host:
    """`number` is the last part of its address."""

    def __init__(self, folder, name, number):
        self.name = name
        self.address = f"10.77.0.{number}"
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        ip("netns", "add", name)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", name, "master", "hosts", "up")
        ip("-n", name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *command, log="log"):
        with open(self.path(log), "ab") as output:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def pids(self):
        listed = subprocess.run(["ip", "netns", "pids", self.name], check=True, capture_output=True, text=True).stdout
        return [int(pid) for pid in listed.split()]

    def kill(self):
        """kill -9 of everything that runs there."""
        for pid in self.pids():
            os.kill(pid, 9)

    def cpu_seconds(self):
        """Of what runs there now."""
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                ticks += sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
        return ticks / TICKS

    def traffic(self):
        """Bytes that it has sent and received, on its cable."""
        told = subprocess.run(["ip", "-s", "-j", "link", "show", "dev", self.name], check=True, capture_output=True, text=True)
        counts = json.loads(told.stdout)[0]["stats64"]  # the other end's: what it receives, the host has sent
        return counts["rx"]["bytes"], counts["tx"]["bytes"]

    def cut(self):
        """Its cable is pulled: nothing is refused, packets are just gone."""
        ip("link", "set", self.name, "down")

    def mend(self):
        ip("link", "set", self.name, "up")

    def lose(self, others):
        """What it sends to these hosts is lost on the way, without a word: it takes a card that nobody has for theirs. What they
        send still arrives."""
        for other in others:
            ip("-n", self.name, "neigh", "replace", other.address, "lladdr", NOBODY, "nud", "permanent", "dev", "eth0")

    def find(self, others):
        for other in others:
            ip("-n", self.name, "neigh", "del", other.address, "dev", "eth0")

    def limit(self, mbit):
        """What it can send, in Mbit/s; 0: as fast as the machine is. False where this kernel cannot."""
        subprocess.run(["tc", "-n", self.name, "qdisc", "del", "dev", "eth0", "root"], stderr=subprocess.DEVNULL, check=False)
        if not mbit:
            return True
        shape = ["tbf", "rate", f"{mbit}mbit", "burst", "64kb", "latency", "200ms"]
        return subprocess.run(["tc", "-n", self.name, "qdisc", "add", "dev", "eth0", "root", *shape], check=False).returncode == 0


class ClickdHost(Host):
    """One with a clickd; its outbox and state outlive its processes, as a disk does."""

    def __init__(self, folder, name, number, roles, brokers, mongodb):
        super().__init__(folder, name, number)
        self.socket = self.path("stream.sock")
        with open(self.path("clickd.toml"), "w", encoding="utf-8") as file:
            file.write(f"""
[host]
name = "{name}"
[intake]
stream_socket = "{self.socket}"
datagram_socket = ""
udp = ""
[outbox]
path = "{self.path('outbox')}"
[pipeline]
roles = {json.dumps(roles)}
[kafka]
brokers = "{brokers}"
topic = "clicks"
create_topic = true
partitions = 12
replication = 3
[kafka.consumer]
"session.timeout.ms" = 6000
[mongodb]
uri = "{mongodb}"
[control]
socket = "{self.path('control.sock')}"
""")

    def start(self):
        self.run(CLICKD, "run", "--config", self.path("clickd.toml"))

    def status(self):
        """What `clickd status --json` says; None when no daemon answers."""
        said = subprocess.run(
            [CLICKD, "status", "--json", "--config", self.path("clickd.toml")], capture_output=True, text=True, check=False)
        return json.loads(said.stdout) if said.stdout.startswith("{") else None

    # The sender beside it.

    def send(self, count, rate):
        """`count`: of all that it has ever sent."""
        sender = os.path.join(os.path.dirname(os.path.realpath(__file__)), "sender.py")
        return self.run("/usr/bin/python3", sender, self.socket, self.name, str(count), str(rate), self.path("acked"))

    def acknowledged(self):
        try:
            with open(self.path("acked"), encoding="ascii") as file:
                return int(file.read() or 0)
        except FileNotFoundError:
            return 0

"""One test's own clickd and clickd-web with their folder, sockets, topic and database, to be started, killed and started
again; and the two questions that every test asks: what is in MongoDB, and does the ledger balance.

The servers are those of CLICKD_TEST_MONGODB and CLICKD_TEST_KAFKA (without the latter: mode direct). Everything listens
on loopback. Processes are ended by their own ids.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid

import pymongo

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("CLICKD_BINARIES", ROOT / ".build/release"))
MONGODB = os.environ.get("CLICKD_TEST_MONGODB")
KAFKA = os.environ.get("CLICKD_TEST_KAFKA")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def eventually(condition, seconds=20, what="it"):
    """Waits until `condition()` is true; its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


class Place:
    """A clickd and a clickd-web. `web`: more lines of [web], and sections behind it; `environment`: of both programs; `roles`:
    the daemon's, where it has not all; `beside`: the place whose topic, group and database it shares."""

    def __init__(self, web="", environment=None, roles=None, beside=None, replication=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clickd-clients-"))
        self.name = beside.name if beside else "clients_" + uuid.uuid4().hex[:10]
        self.roles = roles
        self.replication = replication
        self.port, self.read_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = self.folder / "clickd.toml"
        self.environment = environment or {}
        self.daemon = None
        self.web = None
        self.ends = {}
        self.config.write_text(self._configuration(web))
        self.client = pymongo.MongoClient(MONGODB)
        self.database = self.client[self.name]

    def _configuration(self, web):
        return f"""
[intake]
stream_socket = "{self.folder}/s"
datagram_socket = ""
udp = ""
[outbox]
path = "{self.folder}/outbox"
min_free_bytes = "16 MiB"
[pipeline]
mode = "{"kafka" if KAFKA else "direct"}"
{f"roles = {json.dumps(self.roles)}" if self.roles else ""}
[kafka]
brokers = "{KAFKA or "127.0.0.1:1"}"
topic = "{self.name}"
group = "{self.name}"
create_topic = true
partitions = 3
replication = {self.replication}
[mongodb]
uri = "{MONGODB}"
database = "{self.name}"
[control]
socket = "{self.folder}/c"
[log]
level = "info"
[web]
listen = "127.0.0.1:{self.port}"
read_listen = "127.0.0.1:{self.read_port}"
{web}
"""

    # Starting and ending

    def _spawn(self, program, environment):
        with open(self.folder / f"{program}.log", "ab") as log:
            return subprocess.Popen(
                [BINARIES / program, "run", "--config", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | self.environment | environment)

    def start_daemon(self, **environment):
        self.daemon = self._spawn("clickd", environment)
        eventually(self.status, what=lambda: "clickd answers: " + self.log("clickd"))

    def start_web(self, **environment):
        self.web = self._spawn("clickd-web", environment)
        eventually(self.is_listening, what=lambda: "clickd-web answers: " + self.log("clickd-web"))

    def start(self):
        self.start_daemon()
        self.start_web()
        eventually(self.is_well, what=lambda: "clickd-web reaches clickd: " + self.log("clickd-web"))
        return self

    def kill(self, *names):
        """kill -9, and waits for the end."""
        for name in names:
            process = getattr(self, name)
            process.kill()
            process.wait()

    def stop(self):
        """Ends both in order; their exit statuses are kept in `ends`."""
        for name in ("web", "daemon"):
            process = getattr(self, name)
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)  # a stop takes at most 45 s
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process:
                self.ends[name] = process.returncode

    def remove(self):
        self.stop()
        self.client.drop_database(self.name)
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Asking

    def log(self, program):
        path = self.folder / f"{program}.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def is_well(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url + "/healthz", timeout=5) as answer:
            return answer.status == 200
        return False

    def status(self):
        """clickd's status; None where none answers."""
        with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(f"{self.folder}/c")
            control.sendall(b'{"command":"status"}\n')
            text = b""
            while not text.endswith(b"\n"):
                piece = control.recv(65536)
                if not piece:
                    break
                text += piece
            answer = json.loads(text)
            return answer if "ledger" in answer else None
        return None

    @property
    def ledger(self):
        return self.status()["ledger"]

    @property
    def events(self):
        return self.database["events"]

    def ids(self):
        """The ids of all events in MongoDB once everything taken has gone the whole way."""
        self.settle()
        return {document["_id"] for document in self.events.find({}, {"_id": 1})}

    def settle(self, seconds=40):
        """Waits until nothing is on its way; then the ledger must balance."""
        def is_settled():
            status = self.status()
            if not status:
                return False
            ledger = status["ledger"]
            lag = (status.get("consumer") or {}).get("lag", 0)
            done = ledger["inserted"] + ledger["duplicates"] + ledger["consumer_dead"]
            return (ledger["pending"], ledger["outbox"], ledger["consumer_pending"], lag) == (0, 0, 0, 0) and (
                done >= ledger["forwarded"])

        eventually(is_settled, seconds, lambda: f"everything has arrived: {self.status()}")
        self.check_ledger()

    def check_ledger(self):
        ledger = self.ledger
        rejected = sum(ledger["rejected"].values())
        sides = {
            "intake": (ledger["received"], ledger["stored"] + rejected + ledger["pending"]),
            "outbox": (ledger["stored"], sum(ledger[part] for part in ("outbox", "forwarded", "dead", "dropped", "lost"))),
            "consumer": (ledger["consumed"], sum(
                ledger[part] for part in ("inserted", "duplicates", "consumer_dead", "consumer_pending"))),
        }
        for side, (left, right) in sides.items():
            assert left == right, f"the ledger of the {side} side is {left} != {right}: {ledger}"
        assert ledger["lost"] == 0, ledger


class PlaceTest(unittest.TestCase):
    """A test with a place that is gone after it; a program that ended by itself fails it."""

    web = ""
    environment = {}

    def setUp(self):
        self.place = Place(self.web, self.environment)
        self.addCleanup(self.place.remove)
        self.place.start()

    def tearDown(self):
        for name in ("daemon", "web"):
            self.assertIsNone(getattr(self.place, name).poll(), f"{name} has ended: {self.place.log('clickd-web')}")
        self.place.check_ledger()
        self.place.stop()
        self.assertEqual(self.place.ends, {"web": 0, "daemon": 0}, self.place.log("clickd-web"))

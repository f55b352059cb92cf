"""A clickd and a clickd-web of the tests' own, on free ports in a temporary folder, with the Kafka and MongoDB that
scripts/services has started. Every test shares them; what a test has sent is found by its visitor."""

import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import uuid

import pymongo

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("CLICKD_BINARIES", ROOT / ".build/release"))


def eventually(claim, found, within=30):
    """What `found` gives once it is true; fails with the claim and the last answer when it is not within so many seconds."""
    end = time.monotonic() + within
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {claim}; last seen: {answer!r}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clickd-browser-"))
        self.ports = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.ports[0]}"
        name = f"browser_{uuid.uuid4().hex[:10]}"
        self.mongo = pymongo.MongoClient(os.environ["CLICKD_MONGODB_URI"])
        self.database = self.mongo[name]
        self.processes = {}
        brokers = os.environ.get("CLICKD_KAFKA_BROKERS", "")
        kafka = f'[kafka]\nbrokers = "{brokers}"\ntopic = "{name}"\ngroup = "{name}"\ncreate_topic = true\npartitions = 3\nreplication = 1\n'
        (self.folder / "clickd.toml").write_text(f"""
[intake]
stream_socket = "{self.folder}/clickd.sock"
datagram_socket = ""
udp = ""
[outbox]
path = "{self.folder}/outbox"
min_free_bytes = "16 MiB"
[pipeline]
mode = "{"kafka" if brokers else "direct"}"
{kafka if brokers else ""}
[mongodb]
uri = "{os.environ["CLICKD_MONGODB_URI"]}"
database = "{name}"
[control]
socket = "{self.folder}/control.sock"
[web]
listen = "127.0.0.1:{self.ports[0]}"
read_listen = "127.0.0.1:{self.ports[1]}"
""")
        atexit.register(self.close)
        self.start("clickd")
        self.start("clickd-web")
        self.wait_until_serving()

    def start(self, program):
        words = [BINARIES / program, "run", "--config", self.folder / "clickd.toml"]
        if program == "clickd-web":
            words += ["--web", ROOT / "web"]
        with open(self.folder / f"{program}.log", "ab") as log:
            self.processes[program] = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)

    def kill(self, program):
        process = self.processes.pop(program)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_until_serving(self):
        def serves():
            for program, process in self.processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{program} has ended: {(self.folder / f'{program}.log').read_text()[-2000:]}")
            try:
                with urllib.request.urlopen(f"{self.base}/healthz", timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                return False

        eventually("clickd-web serves", serves)

    def events(self, **query):
        return list(self.database.events.find(query))

    def close(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.mongo.drop_database(self.database.name)
        self.mongo.close()
        shutil.rmtree(self.folder, ignore_errors=True)


_place = []


def the_place():
    if not _place:
        _place.append(Place())
    return _place[0]

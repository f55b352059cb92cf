"""Where a run of the benchmarks takes place: the programs it builds, the servers, and clickd as the daemon measured.

Everything lies under .build/bench of this tree, so on its disk: a figure that includes fsync means nothing on a tmpfs.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
FOLDER = os.path.join(ROOT, ".build", "bench")
LIBRARIES = {"sender": None, "sqlite_rows": "sqlite3", "producer": "rdkafka", "insert": "libmongoc-1.0",
             "replace": "rdkafka libmongoc-1.0", "http_post": None, "http_limit": "libmicrohttpd", "latency": None, "datagrams": None, "offsets": "rdkafka"}
PATIENCE = 120
CACHE_GB = os.environ.get("MONGO_CACHE_GB", "3")  # MongoDB's, as of a host of its own: with that of tests eviction is measured
WARM_UP = 8_000_000  # events after which Kafka's code is compiled; before, an event costs it up to four times as much
A_WARM_UP = 1_000_000  # of them at a time: the producer makes all of its events before it sends the first

sys.path.insert(0, os.path.join(ROOT, "scripts"))
from local_servers import mongodb  # noqa: E402


class Failure(Exception):
    """A figure that cannot be had, and why."""


def ask(command, what):
    """What a program prints, parsed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{what} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
    return json.loads(done.stdout)


class Workplace:
    def __init__(self, clickd=None):
        self.given = clickd
        self.clickd = os.path.realpath(clickd or os.path.join(ROOT, ".build", "release", "clickd"))
        self.servers = None
        self.run = f"{os.getpid():x}{int(time.time()) % 0xFFFFF:05x}"
        self.data = os.path.join(FOLDER, f"run-{os.getpid()}")
        # Bound and never listening: a broker that is certainly not there.
        self.nobody = socket.socket()
        self.nobody.bind(("127.0.0.1", 0))

    def build(self):
        os.makedirs(self.data, exist_ok=True)
        for name, library in LIBRARIES.items():
            flags = []
            if library:
                found = subprocess.run(["pkg-config", "--cflags", "--libs", *library.split()], capture_output=True, text=True, check=False)
                if found.returncode != 0:
                    raise Failure(f"pkg-config does not know {library}: run scripts/install-deps")
                flags = shlex.split(found.stdout)
            source = os.path.join(ROOT, "Benchmarks", "raw", name + ".c")
            made = subprocess.run(["cc", "-O2", "-Wall", "-pthread", source, "-o", self.program(name), *flags], check=False)
            if made.returncode != 0:
                raise Failure(f"{source} does not compile")
        for product in [] if self.given else ["clickd", "clickd-web", "bench-reports"]:
            made = subprocess.run(
                ["swift", "build", "-c", "release", "--product", product], cwd=ROOT, stdout=sys.stderr, check=False)
            if made.returncode != 0:
                raise Failure(f"{product} does not build")

    def program(self, name):
        return os.path.join(FOLDER, name)

    def raw(self, name, *words):
        return ask([self.program(name), *map(str, words)], name)

    @contextlib.contextmanager
    def background(self, name, *words):
        """A raw program at work meanwhile; whoever asks for it reads its output."""
        process = subprocess.Popen([self.program(name), *map(str, words)], stdout=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()

    def fill_rollups(self, database, events):
        """Roll-ups of generated events of the last 90 days, as the writer makes them; their first and last day."""
        program = os.path.join(os.path.dirname(self.clickd), "bench-reports")
        return ask([program, "fill", self.servers["MONGODB_URI"], database, str(events)], "bench-reports")

    @contextlib.contextmanager
    def mongodb(self):
        """A connection to MongoDB; give it a command."""
        host, port = re.search(r"//([^:/]+):(\d+)", self.servers["MONGODB_URI"]).groups()
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            yield lambda command: mongodb.command(connection, command)

    def start_servers(self):
        """Kafka and MongoDB, once a run, Kafka in use for a while; `servers` is then what clickd needs to know of them."""
        if self.servers:
            return
        folder = os.path.join(self.data, "servers")
        environment = {**os.environ, "MONGO_CACHE_GB": CACHE_GB}
        started = subprocess.run(
            [os.path.join(ROOT, "scripts", "services"), "start", folder], stdout=subprocess.DEVNULL, check=False,
            env=environment)
        if started.returncode != 0:
            raise Failure("Kafka and MongoDB did not start (see scripts/services --help)")
        with open(os.path.join(folder, "env"), encoding="utf-8") as file:
            self.servers = dict(word.split("=", 1) for word in shlex.split(file.read()))
        if not self.servers["KAFKA_BROKERS"]:
            raise Failure("there is no Kafka here (see scripts/services --help)")
        for _ in range(WARM_UP // A_WARM_UP):
            self.raw("producer", self.servers["KAFKA_BROKERS"], f"warm-up-{self.run}", A_WARM_UP, self.run)
        os.sync()

    @contextlib.contextmanager
    def kafka_paused(self):
        """Kafka stands still meanwhile: it takes connections and requests, and answers nothing."""
        def services(command):
            program, folder = os.path.join(ROOT, "scripts", "services"), os.path.join(self.data, "servers")
            subprocess.run([program, command, folder, "kafka"], check=True)

        services("pause")
        try:
            yield
        finally:
            services("resume")

    def server_seconds(self, since=None):
        """Processor time of the servers, from their start or from what this gave before."""
        pids = {"Kafka": "KAFKA_PIDS", "MongoDB": "MONGO_PID"} if self.servers else {}
        return {name: cpu_seconds(int(self.servers[key])) - (since or {}).get(name, 0) for name, key in pids.items()}

    def leave(self):
        self.nobody.close()
        folder = os.path.join(self.data, "servers")
        if os.path.isdir(folder):
            subprocess.run([os.path.join(ROOT, "scripts", "services"), "stop", folder], check=False)
        shutil.rmtree(self.data, ignore_errors=True)

    @contextlib.contextmanager
    def daemon(self, roles, topic="bench", database="bench", **special):
        daemon = Daemon(self, roles, topic, database, **special)
        try:
            daemon.start()
            yield daemon
        finally:
            daemon.stop()

    @contextlib.contextmanager
    def http_limit(self):
        """The bare HTTP server; its port."""
        port = free_port()
        server = subprocess.Popen(
            [self.program("http_limit"), str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            if server.stdout.readline() != b"ready\n":
                raise Failure("http_limit did not start")
            yield port
        finally:
            server.stdin.close()
            server.wait(30)

    @contextlib.contextmanager
    def web(self, daemon):
        """clickd-web in front of a daemon."""
        web = Web(daemon, self.clickd + "-web", os.path.join(self.data, "web.log"))
        try:
            daemon.wait("clickd-web has reached it", web.is_well)
            yield web
        finally:
            web.process.terminate()
            web.process.wait(30)


@contextlib.contextmanager
def events_are(**variables):
    """What raw/events.h reads in the environment, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    """By the process's own clock, what clock_getcpuclockid names: /proc counts in steps of 10 ms."""
    return time.clock_gettime(~pid << 3 | 2)


def thread_seconds(pid):
    """Processor time by what a process's threads are for."""
    seconds = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as file:
                name = file.read().strip()
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="utf-8") as file:
                nanoseconds = int(file.read().split()[0])
            name = "librdkafka" if name.startswith("rdk:") else re.sub(r"-\d+$", "s", name)
            seconds[name] = seconds.get(name, 0) + nanoseconds / 1e9
    return seconds


def of_proc(pid, file, name):
    """A number from a file of /proc/PID whose lines are `name: number`."""
    with open(f"/proc/{pid}/{file}", encoding="utf-8") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)


def memory_bytes(pid):
    return of_proc(pid, "status", "VmRSS") * 1024


def peak_memory_bytes(pid):
    return of_proc(pid, "status", "VmHWM") * 1024


class Web:
    """A clickd-web: `port` takes events, `read_port` shows reports."""

    def __init__(self, daemon, program, log):
        self.port, self.read_port = free_port(), free_port()
        config = os.path.join(daemon.folder, "web.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(daemon.text + "\n".join([
                "[web]", f'listen = "127.0.0.1:{self.port}"', f'read_listen = "127.0.0.1:{self.read_port}"',
                'timezone = "Europe/Berlin"', ""]))
        with open(log, "wb") as file:
            self.process = subprocess.Popen([program, "run", "--config", config], stdout=file, stderr=file)

    def is_well(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path):
        """A report, parsed."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.read_port}{path}", timeout=PATIENCE) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise Failure(f"{path}: {error}") from error


class Daemon:
    """clickd in a folder of its own, which is removed when it stops. Without a topic Kafka cannot be reached."""

    def __init__(self, place, roles, topic, database, mode="kafka", datagrams=False, partitions=6):
        self.program = place.clickd
        self.folder = os.path.join(place.data, "clickd")
        self.config = os.path.join(self.folder, "clickd.toml")
        self.socket = os.path.join(self.folder, "stream.sock")
        self.control = os.path.join(self.folder, "control.sock")
        self.log = os.path.join(place.data, "clickd.log")
        self.takes_events = "intake" in roles
        self.process = None
        self.datagram_socket = os.path.join(self.folder, "datagram.sock") if datagrams else ""
        self.udp_port = free_port(socket.SOCK_DGRAM) if datagrams else None
        self.place, self.database, self.mode, self.roles = place, database, mode, roles
        self.partitions = partitions
        self.use_topic(topic)

    def use_topic(self, topic):
        """What the next launch says of Kafka."""
        servers = self.place.servers or {}
        brokers = servers.get("KAFKA_BROKERS") if topic else f"127.0.0.1:{self.place.nobody.getsockname()[1]}"
        udp = f"127.0.0.1:{self.udp_port}" if self.udp_port else ""
        self.text = "\n".join([
            "[host]", 'name = "bench"',
            "[intake]", f"stream_socket = {json.dumps(self.socket if self.takes_events else '')}",
            f"datagram_socket = {json.dumps(self.datagram_socket)}", f"udp = {json.dumps(udp)}",
            "[outbox]", f"path = {json.dumps(os.path.join(self.folder, 'outbox'))}", 'max_bytes = "16 GiB"',
            "[pipeline]", f'mode = "{self.mode}"', f"roles = {json.dumps(self.roles)}",
            "[kafka]", f"brokers = {json.dumps(brokers)}", f"topic = {json.dumps(topic or 'bench')}",
            # A member that was stopped is missed by its group for half a minute: none joins another's.
            f"group = {json.dumps(topic or 'bench')}",
            "create_topic = true", f"partitions = {self.partitions}", "replication = 1",
            "[mongodb]", f"uri = {json.dumps(servers.get('MONGODB_URI') or 'mongodb://127.0.0.1:1')}",
            f"database = {json.dumps(self.database)}",
            "[control]", f"socket = {json.dumps(self.control)}", ""])

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.launch()
        self.wait("it answers", lambda: self.status() is not None)
        if self.takes_events:
            self.wait("its socket is there", lambda: os.path.exists(self.socket))

    def launch(self):
        """The process alone, with the folder as it is."""
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(self.text)
        self.before = self.place.server_seconds()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([self.program, "run", "--config", self.config], stdout=log, stderr=log)

    def status(self):
        """What `clickd status --json` prints, asked on the control socket: a process a look would be felt on two cores."""
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(5)
                control.connect(self.control)
                control.sendall(b'{"command":"status"}\n')
                return json.loads(control.makefile("rb").readline())
        except (OSError, ValueError):
            return None  # not there yet

    def ledger(self):
        return (self.status() or {}).get("ledger", {})

    def wait(self, what, is_so, pause=0.1):
        """Looks until something is so; the moment at which it was seen."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if self.process.poll() is not None:
                raise Failure(f"clickd ended with {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"waited {PATIENCE} s in vain until {what}: {self.last_words()}")
            time.sleep(pause)
        return time.monotonic()

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-600:].strip()

    def costs(self):
        """Processor time, its threads' and the servers' meanwhile, memory, and what was given to the disk, up to now."""
        pid = self.process.pid
        servers = self.place.server_seconds(self.before)
        return {"cpu_seconds": cpu_seconds(pid), "thread_seconds": thread_seconds(pid), "server_seconds": servers,
                "peak_memory_bytes": peak_memory_bytes(pid), "written_bytes": of_proc(pid, "io", "write_bytes")}

    def end(self):
        """The process alone; the folder stays."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self):
        """As a power loss does it, as far as a process goes."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

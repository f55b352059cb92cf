"""A MongoDB replica set, of one node where nobody asks for more, so that "majority" means something; journaled.

Debian has no MongoDB shell, and none is needed: the few commands that make a replica set go through a plain OP_MSG here
(https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/), with as much BSON as they take.
"""

import datetime
import glob
import os
import shutil
import socket
import struct
import time

from . import Trouble, processes
from .kafka import last_lines

REPLICA_SET = "clickd"
PATIENCE = 60
OLDEST_WIRE_VERSION = 13  # MongoDB 5.0


def find(root):
    """The path of a mongod: the PATH's, else the one that install-deps put into the virtual environment."""
    on_path = shutil.which("mongod")
    if on_path:
        return on_path
    environment = os.environ.get("CLICKD_VENV", os.path.join(root, ".build", "venv"))
    for path in glob.glob(os.path.join(environment, "lib", "python3*", "site-packages", "fiftyone", "db", "bin", "mongod")):
        if os.access(path, os.X_OK):
            return path
    raise Trouble("no mongod on the PATH or in .build/venv: run scripts/install-deps services")


def uri(ports):
    members = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"mongodb://{members}/?replicaSet={REPLICA_SET}"


def launch(mongod, folder, port, address="127.0.0.1", network="", arguments=()):
    os.makedirs(os.path.join(folder, "data"), exist_ok=True)
    return processes.launch(
        folder,
        [mongod, "--replSet", REPLICA_SET, "--bind_ip", address, "--port", str(port), "--nounixsocket",
         "--dbpath", os.path.join(folder, "data"), "--oplogSize", "1024",
         "--wiredTigerCacheSizeGB", os.environ.get("MONGO_CACHE_GB", "0.25"),
         "--setParameter", "diagnosticDataCollectionEnabled=false",
         # Failures on command (configureFailPoint), for tests.
         "--setParameter", "enableTestCommands=1", *arguments],
        os.path.join(folder, "log"), network=network)


def wait_until_primary(process, folder, places, administrator=None, number=0):
    """Makes the replica set where there is none yet, and returns when it takes writes and this member knows its primary.

    `places`: (address, port) of each member; `process` is the one at `number`. `administrator`: the name and password of the
    first user, made as long as there is none.
    """
    deadline = time.monotonic() + PATIENCE
    log = os.path.join(folder, "log")
    members = [{"_id": index, "host": f"{address}:{port}"} for index, (address, port) in enumerate(places)]
    # Ten seconds unless shortened: how long the others wait for a primary that is gone.
    settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
    while True:
        if process.poll() is not None:
            raise Trouble(f"mongod ended with status {process.returncode}, see {log}:\n{last_lines(log)}")
        if time.monotonic() > deadline:
            raise Trouble(f"mongod was not primary within {PATIENCE} s, see {log}:\n{last_lines(log)}")
        try:
            with socket.create_connection(places[number], timeout=10) as connection:
                hello = command(connection, {"hello": 1})
                if hello.get("maxWireVersion", 0) < OLDEST_WIRE_VERSION:
                    raise Trouble("this mongod is older than 5.0; clickd needs 5.0 or later")
                if hello.get("isWritablePrimary") or len(members) > 1 and hello.get("primary"):
                    if administrator:
                        name, password = administrator
                        command(connection, {"createUser": name, "pwd": password, "roles": ["root"]})
                    return
                # NotYetInitialized, or InvalidReplicaSetConfig when the data was made under another port.
                status = command(connection, {"replSetGetStatus": 1}).get("code")
                if status == 94:
                    config = {"_id": REPLICA_SET, "members": members, "settings": settings}
                    command(connection, {"replSetInitiate": config})
                elif status == 93:
                    found = command(connection, {"find": "system.replset", "$db": "local"})
                    version = found["cursor"]["firstBatch"][0]["version"]
                    config = {"_id": REPLICA_SET, "version": version + 1, "members": members}
                    command(connection, {"replSetReconfig": config, "force": True})
        except (OSError, LookupError, struct.error):
            pass  # not listening yet, or still reading its data: look again
        processes.pause_between_looks()


def command(connection, document):
    body = encode({**document, "$db": document.get("$db", "admin")})
    connection.sendall(struct.pack("<iiiiIB", 21 + len(body), 1, 0, 2013, 0, 0) + body)
    answer = receive(connection, struct.unpack("<i", receive(connection, 4))[0] - 4)
    return decode(answer[17:])  # after the rest of the header (12), the flags (4) and the kind of section (1)


def receive(connection, count):
    data = b""
    while len(data) < count:
        block = connection.recv(count - len(data))
        if not block:
            raise ConnectionError("mongod closed the connection")
        data += block
    return data


def encode(document):
    body = b""
    for key, value in document.items():
        name = key.encode() + b"\0"
        if isinstance(value, bool):
            body += b"\x08" + name + bytes([value])
        elif isinstance(value, int):
            body += b"\x10" + name + struct.pack("<i", value)
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            body += b"\x02" + name + struct.pack("<i", len(text)) + text
        elif isinstance(value, list):
            body += b"\x04" + name + encode({str(index): item for index, item in enumerate(value)})
        elif isinstance(value, datetime.datetime):
            body += b"\x09" + name + struct.pack("<q", int(value.timestamp() * 1000))
        else:
            body += b"\x03" + name + encode(value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


FIXED = {0x01: ("<d", 8), 0x08: ("<?", 1), 0x09: ("<q", 8), 0x10: ("<i", 4), 0x11: ("<Q", 8), 0x12: ("<q", 8)}


def decode(data):
    """The fields of a document. ObjectIds and binary values are left as bytes."""
    fields, at = {}, 4
    while data[at] != 0:
        kind = data[at]
        end = data.index(0, at + 1)
        key, at = data[at + 1:end].decode(), end + 1
        if kind in FIXED:
            form, size = FIXED[kind]
            fields[key] = struct.unpack_from(form, data, at)[0]
        elif kind in (0x03, 0x04):
            size = struct.unpack_from("<i", data, at)[0]
            value = decode(data[at:at + size])
            fields[key] = list(value.values()) if kind == 0x04 else value
        elif kind == 0x02:
            size = struct.unpack_from("<i", data, at)[0] + 4
            fields[key] = data[at + 4:at + size - 1].decode("utf-8", "replace")
        elif kind == 0x05:
            size = struct.unpack_from("<i", data, at)[0] + 5
            fields[key] = data[at + 5:at + size]
        elif kind in (0x07, 0x0A):
            size = 12 if kind == 0x07 else 0
            fields[key] = data[at:at + size] or None
        else:
            raise LookupError(f"a BSON type that no answer here has: {kind}")
        at += size
    return fields

"""JVM options with which Kafka starts, and its tools run, in a third of the processor time: for tests, which start dozens.

An archive of Kafka's classes, loaded and verified once (https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html),
and the first compiler alone, which is quick to compile; what runs for minutes at full speed is better off without.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile

from . import Trouble, kafka, ports, processes

COMPILER = "-XX:TieredStopAtLevel=1"


def options(home, build):
    """The options, for JAVA_TOOL_OPTIONS. The archive lies in the folder `build`, and is made where there is none yet for this
    Java and this Kafka; where that fails, the options name none."""
    java = subprocess.run(
        [os.path.join(os.environ.get("JAVA_HOME") or "", "bin", "java") if os.environ.get("JAVA_HOME") else "java", "-version"],
        capture_output=True, check=False, env={**os.environ, "JAVA_TOOL_OPTIONS": ""}).stderr
    key = hashlib.sha256(java + home.encode()).hexdigest()[:16]
    archive = os.path.join(build, f"kafka-classes-{key}.jsa")
    os.makedirs(build, exist_ok=True)
    with open(archive + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(archive):
            make(home, archive)
    return f"{COMPILER} -XX:SharedArchiveFile={archive}" if os.path.exists(archive) else COMPILER


def make(home, archive):
    """One node is started for it: the JVM writes the archive when it ends."""
    folder, partial = tempfile.mkdtemp(), f"{archive}.{os.getpid()}"
    before = os.environ.get("JAVA_TOOL_OPTIONS")
    os.environ["JAVA_TOOL_OPTIONS"] = f"{COMPILER} -XX:ArchiveClassesAtExit={partial}"
    node = kafka.Node(os.path.join(folder, "kafka-1"), *ports.choose(2))
    try:
        cluster = kafka.Cluster(home, [node], 1)
        cluster.wait(cluster.launch([1]), 1)
        if not processes.end([node.folder], patience=60) and os.path.exists(partial):
            os.replace(partial, archive)
    except Trouble:
        if processes.interrupted:
            raise
    finally:
        processes.end([node.folder], patience=0)
        ports.release_all()
        if before is None:
            del os.environ["JAVA_TOOL_OPTIONS"]
        else:
            os.environ["JAVA_TOOL_OPTIONS"] = before
        if os.path.exists(partial):
            os.remove(partial)
        shutil.rmtree(folder, ignore_errors=True)

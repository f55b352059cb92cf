"""JVM options with which Kafka starts, and its tools run, in a third of the processor time: for tests, which start dozens.

An archive of Kafka's classes, loaded and verified once (https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html),
and the first compiler alone, which is quick to compile; what runs for minutes at full speed is better off without.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile

from . import processes

COMPILER = "-XX:TieredStopAtLevel=1"


def options(home, root):
    """The options, for JAVA_TOOL_OPTIONS. The archive lies in the folder .build of `root`, and is made where there is none yet
    for this Java and this Kafka; where that fails, the options name none."""
    build = os.path.join(root, ".build")
    os.makedirs(build, exist_ok=True)
    archive = os.path.join(build, f"kafka-classes-{key(home)}.jsa")
    with open(archive + ".lock", "w", encoding="ascii") as lock:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            processes.pause_between_looks()
        if not os.path.exists(archive):
            make(home, root, archive)
    return f"{COMPILER} -XX:SharedArchiveFile={archive}" if os.path.exists(archive) else COMPILER


def key(home):
    """What an archive depends on: the JVM, and Kafka's jars, which the JVM compares with those of the making."""
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    said = subprocess.run([java, "-version"], capture_output=True, check=False, env=plain()).stderr
    jars = sorted(glob.glob(os.path.join(home, "lib*", "*.jar")))
    states = [f"{jar} {os.stat(jar).st_size} {os.stat(jar).st_mtime_ns}" for jar in jars]
    return hashlib.sha256(b"\n".join([said, *(state.encode() for state in states)])).hexdigest()[:16]


def plain():
    return {name: value for name, value in os.environ.items() if name != "JAVA_TOOL_OPTIONS"}


def make(home, root, archive):
    """One node is started and stopped for it: a JVM writes the archive when it ends. So does the one that formats the node's
    data, whose archive goes as soon as the node runs."""
    folder, partial = tempfile.mkdtemp(), archive + ".partial"
    try:
        subprocess.run(
            [os.path.join(root, "scripts", "services"), "run", folder, "--no-mongo", "--kafka", "1", "--", "rm", "-f", partial],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
            env={**plain(), "KAFKA_HOME": home, "JAVA_TOOL_OPTIONS": f"{COMPILER} -XX:ArchiveClassesAtExit={partial}"})
        os.replace(partial, archive)
    except (OSError, subprocess.CalledProcessError):
        pass  # it goes without, slower
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(partial)
        shutil.rmtree(folder, ignore_errors=True)
    processes.pause_between_looks(0)

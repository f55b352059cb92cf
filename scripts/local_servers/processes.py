"""Server processes that outlive the script which starts them.

A server is known by a variable in its environment, its marker: the name of its folder. A process id alone may by now be
another program's; and after a start that was killed before it could write anything down, the marker still finds everything.
Nothing here is kept in memory between two calls of the script.
"""

import os
import resource
import signal
import subprocess
import time

from . import Trouble

MARKER = "CLICKD_LOCAL_SERVER"
interrupted = None  # the number of the signal that asked the script to end, once one has


def interrupt(number, _frame):
    global interrupted
    interrupted = number


def pause_between_looks(seconds=0.03):
    """Every wait goes through here, so that a signal ends it, but never in the middle of a step."""
    time.sleep(seconds)
    if interrupted:
        raise Trouble(f"interrupted by {signal.Signals(interrupted).name}", 128 + interrupted)


def launch(folder, command, log, environment=None, network=""):
    """Starts a server, detached: a session of its own, no descriptor of ours but its log. Returns its subprocess.Popen.

    `network`: the network namespace ("ip netns") that it runs in; else this script's own.
    """
    if network:
        command = ["ip", "netns", "exec", network, *command]
    os.makedirs(folder, exist_ok=True)
    settings = dict(os.environ, **(environment or {}))
    settings[MARKER] = folder
    with open(log, "ab") as output:
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=settings, cwd=folder,
                start_new_session=True, preexec_fn=take_all_descriptors)
        except OSError as error:
            raise Trouble(f"could not run {command[0]}: {error.strerror}") from error


def take_all_descriptors():
    """As many open files as may be had, as the servers' own units ask for; MongoDB ends without one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def servers():
    """(process id, folder) of every server of this user that runs, in whichever folder. Zombies do not count."""
    prefix = f"{MARKER}=".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as environ:
                marked = [item for item in environ.read().split(b"\0") if item.startswith(prefix)]
            if marked and run_state(entry) not in "ZX":
                yield int(entry), os.fsdecode(marked[0][len(prefix):])
        except OSError:
            continue  # ended meanwhile, or somebody else's


def run_state(pid):
    """The kernel's letter: R, S, D, T (stopped), Z (zombie) ..."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[0]


def running(folder):
    """The process ids of the server whose folder this is."""
    return [pid for pid, owner in servers() if owner == folder]


def under(directory):
    """The folders of all servers that run under this directory, also when it has been deleted meanwhile."""
    return sorted({owner for _, owner in servers() if owner.startswith(directory + "/")})


def state(folder):
    """"running", "paused" or "stopped"."""
    for pid in running(folder):
        try:
            return "paused" if run_state(pid) in "Tt" else "running"
        except OSError:
            continue
    return "stopped"


def send(folders, number):
    for folder in folders:
        for pid in running(folder):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass


def end(folders, patience=20.0):
    """Ends servers, politely first; with no patience at once. Returns the folders of those that had to be killed."""
    deadline = time.monotonic() + patience
    if patience > 0:
        send(folders, signal.SIGTERM)
        send(folders, signal.SIGCONT)  # a paused process hears SIGTERM only when it goes on
        while any(running(folder) for folder in folders) and time.monotonic() < deadline:
            time.sleep(0.05)
    stubborn = [folder for folder in folders if running(folder)]
    deadline = time.monotonic() + 10
    while any(running(folder) for folder in folders):
        send(folders, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise Trouble(f"{', '.join(stubborn)}: the process does not end even when killed")
        time.sleep(0.02)
    return stubborn

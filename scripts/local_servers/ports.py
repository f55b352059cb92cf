"""Loopback ports that nobody else takes between choosing them and the server's listening on them.

They lie below the range from which the kernel gives ports to outgoing connections, and to tests that bind port 0, and
above those that tests give out themselves (Tests/Support/Ports.swift), which may start while a server is down. While a
start is under way each is reserved by an abstract Unix socket: two starts at once never choose the same, whichever user or
clone of the project they belong to, and the kernel gives the name free when the script ends, however it ends.
"""

import random
import socket

from . import Trouble

FIRST = 20000
_reservations = {}


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def reserve(port):
    """True when the port is ours until the script ends or lets it go."""
    if port in _reservations:
        return True
    reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        reservation.bind(f"\0clickd-local-server-port-{port}")
    except OSError:
        reservation.close()
        return False
    if not is_free(port):
        reservation.close()
        return False
    _reservations[port] = reservation
    return True


def choose(count):
    """That many free ports."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as bounds:
        first_outgoing = int(bounds.read().split()[0])
    last = first_outgoing - 1 if first_outgoing > 22000 else 32767
    chosen = []
    for port in random.sample(range(FIRST, last + 1), 1000):
        if len(chosen) == count:
            break
        if reserve(port):
            chosen.append(port)
    if len(chosen) < count:
        raise Trouble(f"found only {len(chosen)} of {count} free ports on 127.0.0.1 between {FIRST} and {last}")
    return chosen


def release_all():
    for reservation in _reservations.values():
        reservation.close()
    _reservations.clear()

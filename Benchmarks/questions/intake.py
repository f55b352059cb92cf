"""The question how fast events are acknowledged."""

import os

from question import Line, per_second
from rate import Rate, expect


class Intake(Rate):
    title = "acknowledged intake over the stream socket, no forwarding"
    limit = "SQLite, a row a batch of 256 KiB, 4 a commit"
    lines = [Line("acknowledged intake over the stream socket", "clickd", "events/s", 2_500_000, 1_500_000)]
    events, needs_servers = 2_000_000, False
    connections = 1

    def raw(self, place, events, number):
        file = os.path.join(place.data, "raw.db")
        try:
            return per_second(place.raw("sqlite_rows", file, events))
        finally:
            for name in (file, file + "-wal"):
                if os.path.exists(name):
                    os.remove(name)

    def clickd(self, place, events, number):
        with place.daemon(["intake", "forwarder"], topic=None) as daemon:
            answer = place.raw("sender", daemon.socket, events, place.run, self.connections)
            costs = daemon.costs()
            # Status is published a moment after the last OK.
            daemon.wait("the ledger shows all", lambda: daemon.ledger().get("stored", 0) >= events)
            expect(daemon, received=events, stored=events, outbox=events)
            return per_second(answer), costs


ALL = {"intake": Intake()}

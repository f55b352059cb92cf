"""The questions how fast clickd-web takes events over HTTP."""

import resource
import socket

from question import Line, per_second
from rate import Rate, expect


class Collector(Rate):
    """Batches of 100, or single events, over HTTP to clickd-web and through it to clickd's disk."""

    limit = "a bare libmicrohttpd that reads the same requests and answers at once"
    needs_servers = False

    def __init__(self, title, per_request, connections, events, goal, floor):
        self.title, self.per_request, self.connections, self.events = title, per_request, connections, events
        unit = "events/s" if per_request > 1 else "requests/s"
        self.lines = [Line(title, "clickd", unit, goal, floor)]

    def load(self, place, port, events):
        return place.raw("http_post", port, events, place.run, self.per_request, self.connections)

    def raw(self, place, events, number):
        with place.http_limit() as port:
            return per_second(self.load(place, port, events))

    def clickd(self, place, events, number):
        with place.daemon(["intake", "forwarder"], topic=None) as daemon, place.web(daemon) as web:
            answer = self.load(place, web.port, events)
            costs = daemon.costs()
            daemon.wait("the ledger shows all", lambda: daemon.ledger().get("stored", 0) >= events)
            expect(daemon, received=events, stored=events, outbox=events)
            return per_second(answer), costs


class Crowded(Collector):
    """The same with a thousand other connections: half of them idle, half stuck in the middle of a request's headers."""

    limit = "the same without those connections"
    others = 1000
    is_crowded = False

    def raw(self, place, events, number):
        self.is_crowded = False
        return super().clickd(place, events, number)[0]

    def clickd(self, place, events, number):
        self.is_crowded = True
        return super().clickd(place, events, number)

    def load(self, place, port, events):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if self.is_crowded and soft < 2 * self.others:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        crowd = []
        try:
            for index in range(self.others if self.is_crowded else 0):
                crowd.append(socket.create_connection(("127.0.0.1", int(port)), timeout=20))
                if index % 2:
                    crowd[-1].sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Le")
            return super().load(place, port, events)
        finally:
            for connection in crowd:
                connection.close()


ALL = {
    "collector": Collector(
        "HTTP collector, acknowledged, batches of 100 from 8 connections", 100, 8, 1_000_000, 600_000, 400_000),
    "requests": Collector(
        "HTTP collector, acknowledged, single events from 64 connections", 1, 64, 100_000, 50_000, 35_000),
    "crowded": Crowded(
        "HTTP collector, batches of 100, with 1,000 idle and slow connections beside", 100, 8, 1_000_000, 600_000,
        400_000),
}

"""What is shown with the hosts; see Tests/HostsTests/run. Exit 1 when a promise is broken."""

import os
import re
import sys
import time

from estate import Estate, eventually

PART = max(500, int(os.environ.get("EVENTS", "180000")) // 21)  # events a web host and step: seven steps, three hosts
LIMIT = 5  # Mbit/s that a consumer host may send, where hosts are to be the limit and not the cores they share
FAULT_SECONDS = 20  # how long senders send in a step with lost hosts


def promise(text):
    print(f"hosts: {text}", flush=True)


def tell(text):
    print(f"hosts:   {text}", flush=True)


class Scenario:
    def __init__(self, folder):
        self.estate = Estate(folder)
        self.sent = 0  # by each web host

    def begin(self, rate, part=PART):
        """Every web host sends its next part; {host: process}."""
        self.sent += part
        return {host: host.send(self.sent, rate) for host in self.estate.web}

    def finish(self, senders, seconds):
        """All is acknowledged, then in MongoDB."""
        for host, sender in senders.items():
            eventually(seconds, f"{host.name}'s events are acknowledged", lambda sender=sender: sender.poll() is not None)
            assert sender.returncode == 0, open(host.path("log"), encoding="utf-8").read()[-500:]
        wanted = 3 * self.sent
        return eventually(seconds, f"{wanted} events are in MongoDB", lambda: (self.estate.inserted() or 0) >= wanted)

    # Growth.

    def drain(self, consumers):
        """One part of each web host, as fast as it goes: events a second into MongoDB, and each consumer's share."""
        before = self.estate.inserted()
        shares = [host.status()["ledger"]["inserted"] for host in consumers]
        work = [host.cpu_seconds() for host in consumers]
        senders = self.begin(rate=0)
        total, marks = 3 * PART, []
        while not marks or marks[-1][1] < total:
            marks.append((time.monotonic(), self.estate.inserted() - before))
            assert len(marks) < 20_000 and marks[-1][0] - marks[0][0] < 300, f"{marks[-1][1]} of {total} after 300 s"
            time.sleep(0.02)
        self.finish(senders, 10)
        first = next(mark for mark in marks if mark[1] >= total * 0.1)
        last = next(mark for mark in marks if mark[1] >= total * 0.8)
        rate = (last[1] - first[1]) / max(0.001, last[0] - first[0])
        for number, host in enumerate(consumers):
            status = host.status()
            tell(f"{host.name}: {status['consumer']['partitions']} partitions, "
                 f"{status['ledger']['inserted'] - shares[number]} events, {host.cpu_seconds() - work[number]:.2f} CPU seconds")
        return rate

    def cost(self, before):
        """What an event of the last step cost each kind of host; `before`: what `counts` said."""
        events = 3 * PART
        for kind, (cpu, sent, received) in self.counts().items():
            old = before[kind]
            tell(f"an event costs all {kind} hosts together {(cpu - old[0]) / events * 1e6:.0f} CPU microseconds, "
                 f"{(sent - old[1]) / events:.0f} bytes sent, {(received - old[2]) / events:.0f} received")
        size, on_disk, index, kept = self.estate.stored_bytes()
        everything = 3 * self.sent
        tell(f"and on disk {kept / everything:.0f} bytes in Kafka's three copies; in each of MongoDB's a document of "
             f"{size / everything:.0f} bytes, {on_disk / everything:.0f} compressed, and {index / everything:.0f} of indexes")

    def counts(self):
        counts = {}
        for kind, hosts in self.estate.kinds().items():
            sent, received = map(sum, zip(*[host.traffic() for host in hosts]))
            counts[kind] = sum(host.cpu_seconds() for host in hosts), sent, received
        return counts

    def growth(self):
        one, two = self.estate.consumers
        rates = {}
        for consumers in ([one], [one, two]):
            consumers[-1].start()
            wanted = 12 // len(consumers)
            eventually(60, f"each of {len(consumers)} consumers has {wanted} partitions", lambda: all(
                (host.status() or {}).get("consumer", {}).get("partitions") == wanted for host in consumers))
            self.finish(self.begin(rate=0, part=PART // 4), 60)  # caches and connections are warm
            for limit in (0, LIMIT):
                if not all([host.limit(limit) for host in consumers]):
                    promise("NOT SHOWN: this kernel cannot limit what a host sends")
                    continue
                before = self.counts()
                rates[len(consumers), limit] = rate = self.drain(consumers)
                if not limit:
                    self.cost(before)
                tell(f"{len(consumers)} consumer host(s), {f'{limit} Mbit/s each' if limit else 'unlimited'}: {rate:.0f} events/s")
        for host in self.estate.consumers:
            host.limit(0)
        for limit, text in ((0, "on the cores that all hosts share"), (LIMIT, "with the consumer hosts as the limit")):
            if (2, limit) in rates:
                tell(f"two consumer hosts against one, {text}: {rates[2, limit] / rates[1, limit]:.2f} times the events a second")
        if PART >= 5000 and (2, LIMIT) in rates:
            assert rates[2, LIMIT] > 1.5 * rates[1, LIMIT], "two consumer hosts do not do 1.5 times the work of one"

    # Loss.

    def lose(self, how, back, lost):
        """Senders send for a while; amid that these hosts are lost all at once, and come back later."""
        senders = self.begin(rate=PART / FAULT_SECONDS)
        web = next(host for host in lost if host in self.estate.web)
        other = next(host for host in self.estate.web if host not in lost)
        start = self.sent - PART
        eventually(30, "the senders are under way", lambda: all(host.acknowledged() > start + PART // 8 for host in self.estate.web))
        tell(f"lost: {', '.join(host.name for host in lost)}")
        for host in lost:
            how(host)
        at_loss = web.acknowledged()
        after = other.acknowledged() + 20
        news = [f"{other.name}-{number}" for number in range(after, after + 200)]
        took = eventually(90, "events sent after the loss are in MongoDB", lambda: self.estate.has(news))
        tell(f"200 events of {other.name}, sent after the loss, are in MongoDB after {took:.1f} s")
        result = web.acknowledged() - at_loss
        for host in lost:
            back(host)
        if senders[web].poll() not in (None, 0):  # it was killed with its host
            senders[web] = web.send(self.sent, PART / FAULT_SECONDS)
        took = self.finish(senders, 120)
        eventually(60, "all copies are there again", self.estate.replicas_are_in_step)
        tell(f"all back; everything acknowledged, and in MongoDB {took:.1f} s later")
        return result

    def losses(self):
        estate = self.estate
        promise("a web host, a consumer, a Kafka node and MongoDB's primary killed (-9) at once: the others go on")
        self.lose(lambda host: host.kill(), estate.start_again,
                  [estate.web[0], estate.consumers[0], estate.kafka_hosts[0], estate.primary()])
        promise("one of each cut off the network at once: the others go on, and the web host takes events into its outbox")
        taken = self.lose(lambda host: host.cut(), lambda host: host.mend(),
                          [estate.web[1], estate.consumers[1], estate.kafka_hosts[1], estate.primary()])
        tell(f"{estate.web[1].name} acknowledged {taken} events while it was cut off")
        assert taken > 0, "a web host without network took nothing"

    def cut_one_way(self):
        """Cables that carry one direction only, and a consumer without MongoDB that stays in its group."""
        estate = self.estate
        unheard, deaf, consumer = estate.web[0], estate.web[2], estate.consumers[0]
        ways = [([unheard], estate.kafka_hosts), (estate.kafka_hosts, [deaf]), ([consumer], estate.mongodb_hosts)]
        promise(f"{FAULT_SECONDS} s: Kafka does not hear {unheard.name}, {deaf.name} does not hear Kafka, "
                f"MongoDB does not hear {consumer.name}: all say so, and everything arrives afterwards")
        senders = self.begin(rate=PART / FAULT_SECONDS)
        start = self.sent - PART
        eventually(30, "the senders are under way", lambda: all(host.acknowledged() > start + PART // 8 for host in senders))
        for ones, others in ways:
            for one in ones:
                one.lose(others)
        cut, before = time.monotonic(), {host: host.acknowledged() for host in (unheard, deaf)}
        for host, part in ((unheard, "forwarder"), (deaf, "forwarder"), (consumer, "mongodb")):
            took = eventually(60, f"{host.name} says what is cut off", lambda host=host, part=part: any(
                one["part"] == part for one in (host.status() or {}).get("conditions", [])))
            reason = next((one["reason"] for one in host.status()["conditions"] if one["part"] == part), "well by now")
            tell(f"{host.name}, {took:.0f} s later: {part}: {reason}")
        eventually(60, "it has lasted", lambda: time.monotonic() > cut + FAULT_SECONDS)
        for ones, others in ways:
            for one in ones:
                one.find(others)
        for host, number in before.items():
            tell(f"{host.name} acknowledged {host.acknowledged() - number} events meanwhile")
            assert host.acknowledged() > number, f"{host.name} took nothing while it was cut off"
        tell(f"mended; everything acknowledged, and in MongoDB {self.finish(senders, 120):.1f} s later")

    # What must hold in the end.

    def settle(self):
        everything = 3 * self.sent
        promise("nothing is lost and nothing double: every event sent is in MongoDB, once")
        wanted = {host.name: (self.sent, 0, self.sent - 1) for host in self.estate.web}
        found = self.estate.events_by_host()
        assert found == wanted, f"in MongoDB: {found}, sent: {wanted}"
        promise("the ledger is balanced, on every host and over all of them")
        forwarded = 0
        for host in self.estate.web:
            eventually(60, f"{host.name}'s outbox is empty", lambda host=host: host.status()["ledger"]["outbox"] == 0)
            ledger = host.status()["ledger"]
            assert ledger["received"] == ledger["stored"] + sum(ledger["rejected"].values()) + ledger["pending"], ledger
            assert ledger["stored"] == sum(ledger[name] for name in ("outbox", "forwarded", "dead", "dropped", "lost")), ledger
            assert ledger["stored"] == ledger["forwarded"] >= self.sent, ledger
            forwarded += ledger["forwarded"]
        records, order = 0, {}
        for partition, visitor, value in self.estate.records():
            records += 1
            order.setdefault((visitor, partition), []).append(int(re.search(r'"n":(\d+)', value)[1]))
        eventually(30, "every record is counted", lambda: self.estate.progress()["consumed"] == records)
        counts = self.estate.progress()
        assert counts["consumed"] == counts["inserted"] + counts["duplicates"] and not counts["dead"] + counts["skipped"], counts
        assert counts["inserted"] == everything, counts
        assert records >= forwarded, f"{forwarded} forwarded, {records} in Kafka"
        tell(f"{everything} sent, {forwarded} stored and forwarded, {records} records in Kafka, "
             f"{counts['inserted']} inserted, {counts['duplicates']} duplicates seen")
        promise("each visitor's events are in one partition, each for the first time in the order they were sent")
        assert len(order) == len({visitor for visitor, _ in order}), "a visitor has two partitions"
        for (visitor, _), numbers in order.items():
            seen = list(dict.fromkeys(numbers))
            assert seen == sorted(seen), f"{visitor}: {seen}"


def main():
    began = time.monotonic()
    scenario = Scenario(sys.argv[1])
    promise("3 web hosts, 2 consumer hosts, 3 Kafka nodes, a MongoDB replica set of 3: they start")
    scenario.estate.start()
    tell(f"after {time.monotonic() - began:.0f} s")
    promise("throughput with one consumer host and with two")
    try:
        scenario.growth()
        scenario.losses()
        scenario.cut_one_way()
        scenario.settle()
    except Exception as error:
        print(f"hosts: FAILED: {error}", *scenario.estate.account(), sep="\n", file=sys.stderr)
        raise
    promise(f"passed in {time.monotonic() - began:.0f} s")


main()

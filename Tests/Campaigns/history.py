"""What senders sent and what they were answered, and the proof that everything came of it that had to, and nothing else.

An event is known by its sender and number: `line(sender, number)` always makes the same bytes, so that the history needs to
keep numbers only, and the checker knows what every event must hold. Every 47th line is rubbish, of one kind after the other;
every 101st event is large.
"""

import dataclasses
import hashlib
import json
import struct

from ids import messageid, read

VISITORS = 20  # of each sender; no visitor has two senders
BAD_EACH = 47
BIG_EACH = 101
BIG_BYTES = 2560  # of text that does not compress, at least
BAD = [
    (b"{broken", "not_json"),
    (b"[1, 2]", "not_object"),
    (b'{"event": 7}', "bad_field"),
    (b'{"event": "e", "properties": {"n": 123456789012345678901234567890}}', "bad_number"),
    (b'{"event": "\xff"}', "not_utf8"),
]


def is_bad(number):
    return number % BAD_EACH == BAD_EACH - 1


def refusal(number):
    """The code that this line must be refused with; None for an event."""
    return BAD[number // BAD_EACH % len(BAD)][1] if is_bad(number) else None


def event(sender, number):
    """An event's content, a function of its name alone."""
    digest = hashlib.sha256(f"{sender}/{number}".encode()).hexdigest()
    text = digest * (1 + number % 7)
    if number % BIG_EACH == 0:
        text = hashlib.shake_256(digest.encode()).hexdigest(BIG_BYTES)
    return {
        "event": "Product Viewed", "messageId": messageid(sender, number), "anonymousId": f"{sender}.{number % VISITORS}",
        "properties": {"n": number, "digest": text, "price": number / 100},
    }


def line(sender, number):
    if is_bad(number):
        return BAD[number // BAD_EACH % len(BAD)][0]
    return json.dumps(event(sender, number)).encode()


@dataclasses.dataclass
class History:
    """`sent[s]`: the sender s has sent the lines 0 to sent[s] - 1, each at least once. `settled[s]`: those below are settled.
    `refused[s]`: number to code of the refused ones. `late`: ids that were dead letters of an outbox and were sent again.
    `counts`: how many partitions the topic had, one after the other."""

    sent: dict = dataclasses.field(default_factory=dict)
    settled: dict = dataclasses.field(default_factory=dict)
    refused: dict = dataclasses.field(default_factory=dict)
    late: set = dataclasses.field(default_factory=set)
    counts: tuple = (3,)


def check_answers(history):
    """Complaints: lines refused without reason, or taken against it."""
    for sender, settled in history.settled.items():
        refused = history.refused.get(sender, {})
        for number in range(settled):
            wanted, got = refusal(number), refused.get(number)
            if wanted != got:
                yield f"{sender}/{number} should be {wanted or 'stored'} and was {got or 'acknowledged as stored'}"


def was_sent(history, text):
    known = read(text)
    return known is not None and known[1] < history.sent.get(known[0], 0) and not is_bad(known[1])


def differences(history, document):
    """How a stored event differs from what was sent."""
    if not was_sent(history, document.get("_id")):
        return "nobody sent it"
    wanted = event(*read(document["_id"]))
    visitor = "a:" + wanted["anonymousId"]
    for field, value in (("event", wanted["event"]), ("properties", wanted["properties"]), ("visitor", visitor)):
        if document.get(field) != value:
            return f"its {field} was altered"
    return None


def check_documents(history, documents):
    """`documents`: what MongoDB holds, each {_id, event, visitor, properties}."""
    seen = set()
    for document in documents:
        identity = document.get("_id")
        if identity in seen:
            yield f"{identity} is in MongoDB twice"
        seen.add(identity)
        difference = differences(history, document)
        if difference:
            yield f"{identity} in MongoDB: {difference}"
    for sender, settled in history.settled.items():
        for number in range(settled):
            if not is_bad(number) and messageid(sender, number) not in seen:
                yield f"{sender}/{number} was acknowledged and is not in MongoDB"


def partition(key, count):
    """Where Java's clients, and clickd, put a record: MurmurHash2 of 32 bits, without its sign."""
    data, factor, mask = key.encode(), 0x5BD1E995, 0xFFFFFFFF
    mixed = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        word = word * factor & mask
        word = (word ^ word >> 24) * factor & mask
        mixed = mixed * factor & mask ^ word
    if rest := data[whole:]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * factor & mask
    mixed = (mixed ^ mixed >> 13) * factor & mask
    return ((mixed ^ mixed >> 15) & 0x7FFFFFFF) % count


def check_records(history, records):
    """`records`: the topic, in each partition's order: (partition, key, value's text); of a topic that was made again, one
    topic behind the other."""
    allowed, latest, seen = {}, {}, {}
    for number, key, value in records:
        try:
            held = json.loads(value)
            identity = held.get("messageId")
        except ValueError:
            yield f"a record of partition {number} is no event: {value[:80]!r}"
            continue
        difference = differences(
            history, {"_id": identity, "visitor": f"a:{held.get('anonymousId')}", **{
                field: held.get(field) for field in ("event", "properties")}})
        if difference:
            yield f"{identity} in Kafka: {difference}"
            continue
        visitor = "a:" + held["anonymousId"]
        if key != visitor:
            yield f"{identity} in Kafka has the key {key!r}, not {visitor!r}"
        if visitor not in allowed:
            allowed[visitor] = {partition(visitor, count) for count in history.counts}
        if number not in allowed[visitor]:
            yield f"{identity} is in partition {number}, and {visitor} belongs into {sorted(allowed[visitor])}"
        # Repeats are allowed here; what a partition sees for the first time must come in the order it was sent.
        place = (visitor, number)
        there = seen.setdefault(identity, set())
        if number not in there and identity not in history.late:
            number_there = read(identity)[1]
            if number_there < latest.get(place, -1):
                yield f"{'/'.join(map(str, read(identity)))} came into Kafka behind {latest[place]} of the same visitor"
            latest[place] = number_there
        there.add(number)
    for sender, settled in history.settled.items():
        for number in range(settled):
            if not is_bad(number) and messageid(sender, number) not in seen:
                yield f"{sender}/{number} was acknowledged and is not in Kafka"


def imbalance(ledger):
    """The ledger's sums that do not agree, as a text; None where all do."""
    sides = {
        "received": sum(ledger["rejected"].values()) + ledger["stored"] + ledger["pending"],
        "stored": sum(ledger[part] for part in ("outbox", "forwarded", "dead", "dropped", "lost")),
        "consumed": sum(ledger[part] for part in ("inserted", "duplicates", "consumer_dead", "consumer_pending")),
    }
    wrong = [f"{side} is {ledger[side]} and its parts are {parts}" for side, parts in sides.items() if ledger[side] != parts]
    return "; ".join(wrong) or None


def check_end(history, ledger, documents):
    """Once nothing is on its way. `documents`: how many MongoDB holds."""
    stored = sum(
        1 for sender, settled in history.settled.items() for number in range(settled) if not is_bad(number))
    if imbalance(ledger):
        yield imbalance(ledger)
    for part in ("outbox", "pending", "consumer_pending", "dead", "dropped", "lost", "consumer_dead", "skipped"):
        if ledger.get(part):
            yield f"the ledger says {part} = {ledger[part]} at the end"
    if ledger["stored"] < stored:
        yield f"the ledger says {ledger['stored']} were stored; {stored} were acknowledged"
    if ledger["inserted"] != documents:
        yield f"the ledger says {ledger['inserted']} were inserted; MongoDB has {documents}"

"""What senders sent and what they were answered, and the proof that everything came of it that had to, and nothing else.

An event is known by its sender and number: `line(sender, number)` always makes the same bytes, so that the history needs to
keep numbers only, and the checker knows what every event must hold. Every 47th line is rubbish, of one kind after the other.
"""

import dataclasses
import hashlib
import json

VISITORS = 20  # of each sender; no visitor has two senders
BAD_EACH = 47
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
    return {
        "event": "Product Viewed", "messageId": f"{sender}/{number}", "anonymousId": f"{sender}.{number % VISITORS}",
        "properties": {"n": number, "digest": digest * (1 + number % 7), "price": number / 100},
    }


def line(sender, number):
    if is_bad(number):
        return BAD[number // BAD_EACH % len(BAD)][0]
    return json.dumps(event(sender, number)).encode()


@dataclasses.dataclass
class History:
    """`sent[s]`: the sender s has sent the lines 0 to sent[s] - 1, each at least once. `settled[s]`: those below are settled.
    `refused[s]`: number to code of the refused ones."""

    sent: dict = dataclasses.field(default_factory=dict)
    settled: dict = dataclasses.field(default_factory=dict)
    refused: dict = dataclasses.field(default_factory=dict)


def check_answers(history):
    """Complaints: lines refused without reason, or taken against it."""
    for sender, settled in history.settled.items():
        refused = history.refused.get(sender, {})
        for number in range(settled):
            wanted, got = refusal(number), refused.get(number)
            if wanted != got:
                yield f"{sender}/{number} should be {wanted or 'stored'} and was {got or 'acknowledged as stored'}"


def name(text):
    """(sender, number) of a messageId; None where no sender of ours made it."""
    sender, _, number = str(text).rpartition("/")
    return (sender, int(number)) if sender and number.isdecimal() else None


def was_sent(history, text):
    known = name(text)
    return known is not None and known[1] < history.sent.get(known[0], 0) and not is_bad(known[1])


def differences(history, document):
    """How a stored event differs from what was sent."""
    if not was_sent(history, document.get("_id")):
        return "nobody sent it"
    wanted = event(*name(document["_id"]))
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
            if not is_bad(number) and f"{sender}/{number}" not in seen:
                yield f"{sender}/{number} was acknowledged and is not in MongoDB"


def check_records(history, records):
    """`records`: the topic, in each partition's order: (partition, key, value's text)."""
    place, latest, seen = {}, {}, set()
    for partition, key, value in records:
        try:
            held = json.loads(value)
            identity = held.get("messageId")
        except ValueError:
            yield f"a record of partition {partition} is no event: {value[:80]!r}"
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
        if place.setdefault(visitor, partition) != partition:
            yield f"{visitor} is in the partitions {place[visitor]} and {partition}"
        number = name(identity)[1]
        # Repeats are allowed here; what is seen for the first time must come in the order it was sent.
        if identity not in seen:
            if number < latest.get(visitor, -1):
                yield f"{identity} came into Kafka behind {latest[visitor]} of the same visitor"
            latest[visitor] = number
        seen.add(identity)
    for sender, settled in history.settled.items():
        for number in range(settled):
            if not is_bad(number) and f"{sender}/{number}" not in seen:
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

"""The checker is checked: it says nothing of a faultless history, and cries at each planted fault."""

import copy
import json
import unittest
import uuid

import history
from history import History, event, is_bad, refusal
from ids import messageid, read

LEDGER = {
    "received": 100, "stored": 98, "rejected": {"not_json": 2}, "pending": 0, "outbox": 0, "forwarded": 98, "dead": 0,
    "dropped": 0, "lost": 0, "consumed": 98, "inserted": 98, "duplicates": 0, "consumer_dead": 0, "consumer_pending": 0,
    "skipped": 0,
}


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.history = History(
            sent={"a": 100}, settled={"a": 100}, refused={"a": {n: refusal(n) for n in range(100) if is_bad(n)}})
        self.events = [event("a", number) for number in range(100) if not is_bad(number)]
        self.documents = [self.document(one) for one in self.events]
        self.records = [self.record(one) for one in self.events]

    @staticmethod
    def document(one):
        return {"_id": one["messageId"], "visitor": "a:" + one["anonymousId"], "event": one["event"],
                "properties": copy.deepcopy(one["properties"])}

    @staticmethod
    def record(one):
        return (history.partition("a:" + one["anonymousId"], 3), "a:" + one["anonymousId"], json.dumps(one))

    def cries(self, complaints, word):
        complaints = list(complaints)
        self.assertTrue(any(word in complaint for complaint in complaints), complaints)

    def test_a_faultless_history_has_no_complaint(self):
        again = self.records + self.records[50:]
        self.assertEqual(list(history.check_answers(self.history)), [])
        self.assertEqual(list(history.check_documents(self.history, self.documents)), [])
        self.assertEqual(list(history.check_records(self.history, again)), [])
        self.assertEqual(list(history.check_end(self.history, LEDGER, 98)), [])

    def test_a_loss(self):
        self.cries(history.check_documents(self.history, self.documents[1:]), "is not in MongoDB")
        self.cries(history.check_records(self.history, self.records[:-1]), "is not in Kafka")

    def test_a_double(self):
        self.cries(history.check_documents(self.history, self.documents + self.documents[:1]), "twice")

    def test_an_alteration(self):
        self.documents[3]["properties"]["n"] += 1
        self.cries(history.check_documents(self.history, self.documents), "properties was altered")
        self.documents[4]["visitor"] = "a:somebody"
        self.cries(history.check_documents(self.history, self.documents), "visitor was altered")
        partition, key, value = self.records[5]
        self.records[5] = (partition, key, value.replace("Product", "product"))
        self.cries(history.check_records(self.history, self.records), "event was altered")

    def test_an_invention(self):
        self.cries(history.check_documents(self.history, self.documents + [self.document(event("a", 100))]), "nobody sent")
        self.cries(history.check_documents(self.history, self.documents + [{"_id": "x"}]), "nobody sent")

    def test_an_order(self):
        visitor = self.events[0]["anonymousId"]
        own = [at for at, one in enumerate(self.events) if one["anonymousId"] == visitor]
        self.records[own[0]], self.records[own[1]] = self.records[own[1]], self.records[own[0]]
        self.cries(history.check_records(self.history, self.records), "behind")

    def test_a_visitor_in_a_strange_partition(self):
        partition, key, value = self.records[-1]
        self.records[-1] = ((partition + 1) % 3, key, value)
        self.cries(history.check_records(self.history, self.records), "belongs into")

    def test_partitions(self):
        # What Kafka's own client for Java says of these keys.
        for key, hashed in (("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536),
                            ("a-little-bit-longer-string", -1486304829), ("abc", 479470107)):
            self.assertEqual(history.partition(key, 1 << 31), hashed & 0x7FFFFFFF, key)

    def test_partitions_that_were_added(self):
        more = [event("a", number) for number in range(100, 200) if not is_bad(number)]
        records = self.records + [(history.partition(key, 5), key, value) for _, key, value in map(self.record, more)]
        self.history.sent = self.history.settled = {"a": 200}
        self.cries(history.check_records(self.history, records), "belongs into")
        self.history.counts = (3, 5)
        self.assertEqual(list(history.check_records(self.history, records)), [])
        same = [at for at in range(98, len(records)) if records[at][1] == records[98][1]]
        records[same[0]], records[same[1]] = records[same[1]], records[same[0]]
        self.cries(history.check_records(self.history, records), "behind")

    def test_a_dead_letter_that_comes_late(self):
        late = self.records.pop(0)
        self.records.append(late)
        self.cries(history.check_records(self.history, self.records), "behind")
        self.history.late = {self.events[0]["messageId"]}
        self.assertEqual(list(history.check_records(self.history, self.records)), [])

    def test_a_wrong_key(self):
        partition, _, value = self.records[-1]
        self.records[-1] = (partition, "a:other", value)
        self.cries(history.check_records(self.history, self.records), "has the key")

    def test_a_refusal_without_reason(self):
        self.history.refused["a"][3] = "not_json"
        self.cries(history.check_answers(self.history), "a/3 should be stored")

    def test_rubbish_that_was_taken(self):
        number = next(n for n in range(100) if is_bad(n))
        del self.history.refused["a"][number]
        self.cries(history.check_answers(self.history), "acknowledged as stored")

    def test_a_ledger_that_does_not_balance(self):
        for part in LEDGER:
            if part in ("rejected", "skipped"):
                continue
            self.cries(history.check_end(self.history, LEDGER | {part: LEDGER[part] + 1}, 98), "is")
        self.cries(history.check_end(self.history, LEDGER, 97), "MongoDB has 97")

    def test_names(self):
        made = [messageid(sender, number) for sender in ("a", "s0", "abc") for number in (0, 1, 7, 36**6)]
        self.assertEqual([read(text) for text in made],
                         [(sender, number) for sender in ("a", "s0", "abc") for number in (0, 1, 7, 36**6)])
        self.assertTrue(all(uuid.UUID(text).version == 4 for text in made))
        for strange in ("7", None, "a/7", str(uuid.uuid4()), made[0].upper(), made[0][:-1] + ("0" if made[0][-1] != "0" else "1")):
            self.assertIsNone(read(strange))


if __name__ == "__main__":
    unittest.main()

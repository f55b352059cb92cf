// One assigned partition, as a pure value: what was polled of it, what is finished, what may be committed.

package struct PartitionState {
    /// What MongoDB's document says: committed there.
    package private(set) var stored: PartitionProgress
    /// What is finished, in order, and not yet stored.
    package private(set) var finished: PartitionProgress
    /// The offset that is expected to be polled next.
    package private(set) var expected: Int64
    /// Jumps of offsets that were polled: the record behind one, and how many are missing before it. Counted when that
    /// record is finished, since what is stored before it does not cover the gap.
    private var gaps: [(behind: Int64, count: Int)] = []
    private var attempt: PartitionProgress?
    package private(set) var polled = 0
    package private(set) var done = 0

    /// Begins at `start`; records below `stored.next` were counted before and are not counted again.
    package init(stored: PartitionProgress, start: Int64) {
        self.stored = stored
        finished = stored
        expected = start
        // What the document expected and Kafka no longer has.
        if start > stored.next {
            finished.ledger.skipped += Int(start - stored.next)
            finished.next = start
        }
    }

    /// Records polled and not finished.
    package var pending: Int { polled - done }
    package var isDirty: Bool { finished.next != stored.next }

    /// What to store now. After a failed try that is what was tried, however much has finished since: the write may have
    /// been applied and only its reply lost, and then nothing else would be found to follow from it.
    package mutating func nextToStore() -> PartitionProgress {
        let progress = attempt ?? finished
        attempt = progress
        return progress
    }

    /// Whether a record lies before what was polled: its topic was made anew, and Kafka began it from the start.
    package func isRewound(by offset: Int64) -> Bool { offset < expected }

    /// A record was polled: a jump of offsets is what Kafka lost, or let expire.
    package mutating func poll(_ offset: Int64) {
        if offset > expected, offset > finished.next {
            gaps.append((offset, Int(offset - max(expected, finished.next))))
        }
        expected = offset + 1
        polled += 1
    }

    package mutating func finish(_ offset: Int64, _ outcome: RecordOutcome) {
        done += 1
        guard offset >= finished.next else { return }
        finished.next = offset + 1
        while let gap = gaps.first, gap.behind <= offset {
            finished.ledger.skipped += gap.count
            gaps.removeFirst()
        }
        finished.ledger.consumed += 1
        switch outcome {
        case .inserted: finished.ledger.inserted += 1
        case .duplicate: finished.ledger.duplicates += 1
        case .dead, .waiting: finished.ledger.dead += 1
        }
    }

    /// Takes over what the document counts now: others move dead letters there. Only where it stands where `stored` does;
    /// else a store of ours is on its way, and is counted in it or not.
    package mutating func adopt(_ current: PartitionProgress) {
        guard current.next == stored.next, current.ledger != stored.ledger else { return }
        let change = current.ledger - stored.ledger
        stored.ledger = current.ledger
        finished.ledger += change
        attempt?.ledger += change
    }

    package mutating func didStore() {
        if let attempt { stored = attempt }
        attempt = nil
    }
}

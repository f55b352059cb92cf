// /api/health: may one believe the other pages? The ledgers, the roll-ups' lag, and a verdict in words.
import JSON
import Linux
import Mongo
import Reports
import Rollups

extension ReportsAPI {
    private struct Reason {
        let code: String
        let sentence: String
        let isLoss: Bool
    }

    func health(_ now: Int64) throws(MongoError) -> Answer {
        let status = daemonStatus()
        let partitions = try client.collection(database: place.database, "offsets").find([:]).all()
        let dead = try client.collection(database: place.database, "dead_letters").estimatedCount()
        let state = try client.collection(database: place.database, RollupNames.state)
        let writer = try state.findOne(["_id": "writer"])
        let late = try state.findOne(["_id": "late"])?.integer("frozen") ?? 0
        let extent = try events.extent()
        let outstanding = try marks.all()
        let updated = min(now, outstanding.map(\.since).min() ?? now)
        let rolled = try segments.store.sums()
        func sum(_ name: String) -> Int64 { partitions.reduce(0) { $0 + ($1.integer(name) ?? 0) } }

        var reasons: [Reason] = []
        func say(_ code: String, _ sentence: String, isLoss: Bool) {
            reasons.append(Reason(code: code, sentence: sentence, isLoss: isLoss))
        }
        if sum("skipped") > 0 {
            say("skipped", "\(sum("skipped")) events left Kafka before they were written.", isLoss: true)
        }
        if dead > 0 { say("dead_letters", "\(dead) events are set aside as dead letters.", isLoss: true) }
        if late > 0 {
            say(
                "frozen", "\(late) events came after their day's events had expired; no report counts them.",
                isLoss: true)
        }
        if now - updated > 60_000 {
            say("late", "The roll-ups are \((now - updated) / 1000) seconds behind.", isLoss: false)
        }
        if writer == nil {
            say("no_writer", "No clickd has written roll-ups for this database yet.", isLoss: false)
        } else if let seen = writer?.dateMilliseconds("seen"), now - seen > 60_000 {
            say("no_writer", "No clickd has looked at the roll-ups for \((now - seen) / 1000) seconds.", isLoss: false)
        }
        if status == nil { say("daemon", "The daemon's own ledger cannot be read from here.", isLoss: false) }
        let trust = reasons.contains(where: \.isLoss) ? "no" : reasons.contains { $0.code != "daemon" } ? "late" : "yes"
        let behind = (now - updated) / 1000
        let sentence =
            switch trust {
            case "yes":
                behind < 2
                    ? "Every event that was written is counted, up to this moment."
                    : "Every event that was written is counted, up to \(behind) seconds ago."
            case "late": "The numbers are right, but not the newest: \(reasons[0].sentence)"
            default: "Some events are missing: \(reasons.first(where: \.isLoss)?.sentence ?? "")"
            }
        return .json { o in
            o.member("updated", time: updated)
            o.member("trust", trust)
            o.member("sentence", sentence)
            o.members("reasons", reasons) { row, reason in
                row.member("code", reason.code)
                row.member("sentence", reason.sentence)
            }
            o.key("daemon")
            o.object {
                $0.member("reachable", status != nil)
                $0.key("status")
                if let status { $0.raw(status) } else { $0.null() }
            }
            o.key("consumer")
            o.object { consumer in
                for name in ["consumed", "inserted", "duplicates", "dead", "skipped"] {
                    consumer.member(name, number: sum(name))
                }
                consumer.members("partitions", partitions) { row, partition in
                    row.member("topic", partition.string("_id.topic"))
                    row.member("partition", number: partition.integer("_id.partition"))
                    for name in ["next", "consumed", "inserted", "duplicates", "dead", "skipped"] {
                        row.member(name, number: partition.integer(name))
                    }
                }
            }
            o.key("events")
            o.object {
                $0.member("stored", extent.stored)
                $0.member("oldest", time: extent.oldest)
                $0.member("newest", time: extent.newest)
            }
            o.key("rollups")
            o.object {
                $0.member("behind_ms", number: now - updated)
                $0.member("marks", outstanding.count)
                $0.member("rolled_up", rolled.rows)
                $0.member("robots", rolled.robots)
                $0.member("without_visitor", rolled.nobody)
                $0.member("segments", rolled.segments)
                $0.member("frozen_before", time: RollupPlan.frozenBefore(retain: place.retain, now: now))
                $0.member("late_frozen", number: late)
                $0.member("writer", writer?.string("host"))
                $0.member("writer_seen", time: writer?.dateMilliseconds("seen"))
            }
            o.key("dead_letters")
            o.object { $0.member("consumer", dead) }
        }
    }
}

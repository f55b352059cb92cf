// MongoDB: whether it answers, how old it is, whether a majority can be had, the indexes, its clock.
import Linux
import Mongo
import Pipeline
import Settings

enum MongoChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        patient.usesMongoDB ? examine(patient.settings.mongodb) : []
    }

    static func examine(_ settings: MongoSettings) -> [Finding] {
        do throws(MongoError) {
            let client = try MongoClient.open(
                uri: settings.uri.revealed, serverSelectionTimeout: .seconds(5), socketTimeout: .seconds(5))
            defer { client.close() }
            let asked = Monotonic.now
            let hello = try client.runCommand(database: "admin", ["hello": 1])
            let seconds = Monotonic.seconds(from: asked, to: .now)
            var findings: [Finding] = [.ok("mongodb.reach", "answers")]
            findings.append(version(try client.serverVersion()))
            findings.append(kind(try client.topology()))
            findings.append(skew(hello.dateMilliseconds("localTime"), WallClock.nowMilliseconds, within: seconds))
            findings.append(writes(client, settings))
            findings += indexes(client, settings)
            return findings
        } catch {
            return [
                .problem(
                    "mongodb.reach", MongoCause.sentence(error, settings),
                    remedy:
                        "see that mongod runs and can be reached from here, and mongodb.uri or the file of mongodb.uri_file"
                )
            ]
        }
    }

    static func version(_ version: [Int]) -> Finding {
        let text = version.map(String.init).joined(separator: ".")
        return (version.first ?? 0) < 5
            ? .problem(
                "version.mongodb", "MongoDB \(text) is too old: 5.0 or later", remedy: "upgrade MongoDB to 6.0 or later"
            )
            : .ok("version.mongodb", "MongoDB \(text)")
    }

    private static func kind(_ topology: MongoTopology) -> Finding {
        let check = "mongodb.replicas"
        guard topology.isWritable else {
            return .problem(
                check, "no primary takes writes",
                remedy: "name all members in the uri with replicaSet=…, and see rs.status()")
        }
        switch topology.kind {
        case .standalone:
            return .problem(
                check, "a standalone server: a majority write means one copy, and rollups need transactions",
                remedy: "start mongod with --replSet NAME, then rs.initiate(), and replicaSet=NAME in mongodb.uri")
        case .replicaSet(let name, let members):
            return members < 3
                ? .warning(
                    check,
                    "replica set \(name) has \(members) member\(members == 1 ? "" : "s"): a lost disk loses events",
                    remedy: "rs.add(\"HOST:27017\") until there are three")
                : .ok(check, "replica set \(name), \(members) members")
        case .sharded: return .ok(check, "a sharded cluster")
        }
    }

    /// The two clocks, apart by more than the answer took.
    static func skew(_ theirs: Int64?, _ ours: Int64, within seconds: Double) -> Finding {
        let check = "mongodb.clock"
        guard let theirs else { return .ok(check, "the server does not tell its time") }
        let apart = max(0, abs(Double(theirs - ours)) / 1000 - seconds)
        return apart > 2
            ? .warning(
                check,
                "MongoDB's clock and this host's are \(Format.duration(seconds: apart)) apart: events expire wrongly",
                remedy: "timedatectl set-ntp true on both hosts")
            : .ok(check, "its clock agrees with this host's")
    }

    /// An update that matches nothing, with the write concern of all of clickd's writes: waits for the majority all the same.
    private static func writes(_ client: MongoClient, _ settings: MongoSettings) -> Finding {
        let check = "mongodb.write_concern"
        do throws(MongoError) {
            try client.runWriteCommand(
                database: settings.database,
                [
                    "update": "offsets",
                    "updates": .array([["q": ["_id": "of nobody"], "u": ["$set": ["doctor": true]]]]),
                ], timeout: .seconds(4))
            return .ok(check, "a majority acknowledges writes")
        } catch {
            return .problem(
                check, "no write is acknowledged by a majority: \(error.text)",
                remedy:
                    "start the members that are down (rs.status()); grant the user readWrite on \(settings.database)")
        }
    }

    private static func indexes(_ client: MongoClient, _ settings: MongoSettings) -> [Finding] {
        do throws(MongoError) {
            let found = try client.collection(database: settings.database, settings.collection).indexes()
            guard !found.isEmpty else {
                return [.ok("mongodb.indexes", "no collection \(settings.collection) yet; the first start makes it")]
            }
            let expiry = found.first { $0.string("name") == "expiry" }
            return [
                time(found.contains { $0.string("name") == "time" }, settings),
                retain(expiry?.integer("expireAfterSeconds"), settings),
            ]
        } catch {
            return [
                .warning(
                    "mongodb.indexes", "the indexes cannot be looked at: \(error.text)",
                    remedy: "grant the user readWrite on \(settings.database)")
            ]
        }
    }

    private static func time(_ isThere: Bool, _ settings: MongoSettings) -> Finding {
        isThere
            ? .ok("mongodb.indexes", "the index by time is there")
            : .problem(
                "mongodb.indexes", "\(settings.collection) has no index \"time\": reports read everything",
                remedy: "systemctl restart clickd (it makes what is missing)")
    }

    static func retain(_ seconds: Int64?, _ settings: MongoSettings) -> Finding {
        let check = "mongodb.retain"
        let remedy = "systemctl restart clickd (it sets the index as mongodb.retain says)"
        switch (seconds, settings.retain?.components.seconds) {
        case (nil, nil): return .ok(check, "events are kept for ever")
        case (let found?, let wanted?) where found == wanted:
            return .ok(check, "events expire after \(found / 86400) days")
        case (let found?, let wanted?):
            return .problem(
                check, "MongoDB deletes events after \(found) s, mongodb.retain says \(wanted) s", remedy: remedy)
        case (nil, _?):
            return .problem(check, "mongodb.retain is set, and no index \"expiry\" deletes anything", remedy: remedy)
        case (let found?, nil):
            return .problem(
                check, "MongoDB deletes events after \(found) s, and mongodb.retain is not set", remedy: remedy)
        }
    }
}

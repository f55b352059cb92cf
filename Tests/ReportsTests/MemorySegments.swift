// Segments of a history as the roll-up writer would leave them at some moment: days, hours and minutes mixed, longer
// ones out of date where a shorter one covers them. All go through their documents' bytes.
import Mongo
import Reports
import Rollups
import Testing

struct MemorySegments: SegmentSource {
    private var segments: [Segment] = []
    private let links: [VisitorID: VisitorID]

    init(_ facts: [Fact], _ random: inout Seeded) throws {
        links = Reference.people(facts).reduce(into: [:]) { $0[VisitorID($1.key)] = VisitorID($1.value) }
        let first = SegmentPlace.minute(of: RandomHistory.start)
        for day in 0..<Int64(RandomHistory.days) + 2 {
            let place = SegmentPlace(.day, minute: first + (day - 1) * 1440)
            let within = facts.filter { $0.time >= place.start && $0.time < place.end }.shuffled(using: &random)
            var all: [Segment] = []
            let hasDay = random.chance(60)
            let corrected = Set(within.filter { _ in random.chance(10) }.map { SegmentPlace.minute(of: $0.time) })
            if hasDay {
                // The day as it was before some minutes changed.
                let stale = within.filter { !corrected.contains(SegmentPlace.minute(of: $0.time)) || random.chance(50) }
                all.append(Self.segment(place, stale))
                for minute in corrected { all.append(Self.segment(SegmentPlace(.minute, minute: minute), within)) }
            } else {
                for hour in 0..<Int64(24) {
                    let hour = SegmentPlace(.hour, minute: place.minute + 60 * hour)
                    let minutes = Set(
                        within.filter { $0.time >= hour.start && $0.time < hour.end }.map {
                            SegmentPlace.minute(of: $0.time)
                        })
                    if random.chance(50) {
                        all.append(Self.segment(hour, within))
                    } else {
                        all += minutes.map { Self.segment(SegmentPlace(.minute, minute: $0), within) }
                    }
                }
            }
            segments += try all.map { try Self.throughBytes($0) }
        }
        segments.sort { $0.place < $1.place }
    }

    private static func segment(_ place: SegmentPlace, _ facts: [Fact]) -> Segment {
        var builder = SegmentBuilder(place)
        for fact in facts { builder.add(fact) }
        return builder.finish()
    }

    private static func throughBytes(_ segment: Segment) throws -> Segment {
        let documents = segment.documents()
        try #require(documents.count == 1)
        return try #require(documents[0].withView { Segment($0) } ?? nil)
    }

    func forEach(
        from: Int64, to: Int64, columns: SegmentColumns,
        prepare: @escaping (Segment) throws(MongoError) -> Segment, _ visit: (Segment) throws(MongoError) -> Void
    ) throws(MongoError) {
        var gathered: [Segment] = []
        func finish() throws(MongoError) {
            for segment in Segment.merged(gathered) { try visit(prepare(segment)) }
            gathered = []
        }
        for segment in segments where segment.place.start < to && segment.place.end > from {
            if let first = gathered.first, !first.place.holds(segment.place) { try finish() }
            gathered.append(segment)
        }
        try finish()
    }

    func people() throws(MongoError) -> [VisitorID: VisitorID] { links }
}

// "Did you mean": the known name nearest to a mistyped one.

enum Nearest {
    /// The nearest of `names` within a third of the length (2 at least), the first of equals; nil when none is near.
    static func to(_ name: String, among names: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = edits(Array(name.utf8), Array(candidate.utf8))
            if distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(2, name.utf8.count / 3) else { return nil }
        return best.name
    }

    /// ", did you mean X?" or "".
    static func question(_ name: String, among names: [String]) -> String {
        to(name, among: names).map { "; did you mean \($0)?" } ?? ""
    }

    /// How many bytes must be put in, left out or changed to make `b` of `a`.
    private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}

// Numbers products from 0 in the order they are met over a walk's segments, and keeps the name each was called last.
import Rollups

struct ProductsMet {
    private(set) var ids: [String] = []
    private var said: [(time: Int64, name: String)] = []
    private var places: [String: Int] = [:]
    /// Beside each product of the segment at hand, its number.
    private(set) var placeOf: [Int] = []

    /// Names need the column `productNames`.
    mutating func begin(_ segment: Segment) {
        placeOf = segment.productIDs.indices.map { index in
            let id = segment.productIDs[index]
            let place = places[id] ?? ids.count
            if place == ids.count {
                places[id] = place
                ids.append(id)
                said.append((.min, ""))
            }
            if index < segment.productNames.count {
                let named = segment.productNames[index]
                let time = segment.place.start + Int64(named.time)
                if !named.name.isEmpty, (time, named.name) > said[place] { said[place] = (time, named.name) }
            }
            return place
        }
    }

    func name(_ place: Int) -> String? { said[place].name.isEmpty ? nil : said[place].name }
}

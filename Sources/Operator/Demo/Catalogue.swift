// What the demonstration shop sells, and how people take to it. The same products as the pages of web/shop. Popularity
// and appeal differ on purpose: the tent is seen often and seldom added, the matches seldom seen and often added.

package struct Product: Sendable {
    package let id: String
    package let name: String
    package let category: String
    /// In euro cents.
    package let price: Int
    /// How often it is looked at, against the others.
    package let seen: Double
    /// How readily those who look add it to their cart; 1 is usual.
    package let appeal: Double
    /// Other words that find it.
    package let words: [String]
}

package enum Catalogue {
    package static let currency = "EUR"

    package static let products: [Product] = [
        .init("p-01", "Enamel mug", "Kitchen", 1400, seen: 16, appeal: 1.4, ["cup", "tea"]),
        .init("p-02", "Wool blanket", "Home", 8900, seen: 13, appeal: 0.8, ["throw", "gift"]),
        .init("p-03", "Desk lamp", "Home", 5900, seen: 11, appeal: 0.9, ["light"]),
        .init("p-04", "Notebook", "Desk", 900, seen: 9, appeal: 1.7, ["paper", "gift"]),
        .init("p-05", "Fountain pen", "Desk", 4500, seen: 7, appeal: 0.9, ["ink", "gift"]),
        .init("p-06", "Linen towel", "Kitchen", 1900, seen: 6, appeal: 1.2, ["cloth"]),
        .init("p-07", "Oak tray", "Kitchen", 3900, seen: 5, appeal: 1, ["wood", "tea"]),
        .init("p-08", "Tea pot", "Kitchen", 4900, seen: 8, appeal: 1, ["tea", "gift"]),
        .init("p-09", "Candle", "Home", 1200, seen: 2, appeal: 2.6, ["light", "gift"]),
        .init("p-10", "Backpack", "Travel", 11900, seen: 18, appeal: 0.25, ["bag"]),
        .init("p-11", "Umbrella", "Travel", 2900, seen: 4, appeal: 1.1, ["rain"]),
        .init("p-12", "Board game", "Home", 3500, seen: 1.5, appeal: 2.2, ["gift", "play"]),
    ]

    /// What people type, and how often. Some words find nothing: a slip, and things that the shop does not have.
    package static let queries: [(text: String, weight: Double)] = [
        ("mug", 14), ("blanket", 10), ("lamp", 9), ("gift", 13), ("tea", 9), ("backpack", 8), ("notebook", 6),
        ("pen", 5), ("umbrella", 4), ("candle", 3), ("wood", 2), ("wol blanket", 4), ("hammock", 6), ("knife", 4),
        ("gift card", 3),
    ]

    static let popularity = Weighted(products.map(\.seen))
    static let queryWeights = Weighted(queries.map(\.weight))
    private static let found = queries.map { matches($0.text) }

    /// The products a query finds.
    package static func results(ofQuery index: Int) -> [Int] { found[index] }

    private static func matches(_ query: String) -> [Int] {
        products.indices.filter { index in
            let product = products[index]
            let known = Set(product.name.lowercased().split(separator: " ").map(String.init) + product.words)
            return query.split(separator: " ").allSatisfy { known.contains(String($0)) }
        }
    }
}

extension Product {
    fileprivate init(
        _ id: String, _ name: String, _ category: String, _ price: Int, seen: Double, appeal: Double, _ words: [String]
    ) {
        self.init(
            id: id, name: name, category: category, price: price, seen: seen, appeal: appeal, words: words)
    }
}

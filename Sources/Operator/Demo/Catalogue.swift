// What the demonstration shop sells, and how people take to it. The same products as the pages of web/shop. Popularity
// and appeal differ on purpose: the chair is seen often and seldom added, the notebook seldom seen and often added.

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
    /// Lower-case words that find it.
    package let words: [String]
}

package enum Catalogue {
    package static let currency = "EUR"

    package static let products: [Product] = [
        .init(
            "mug-aske", "Aske mug", "Table", 24, seen: 16, appeal: 1.5, "stoneware two glazes cup coffee tea ceramic"),
        .init(
            "lamp-sopp", "Sopp table lamp", "Light", 149, seen: 13, appeal: 0.8,
            "powder-coated steel mushroom reading bedside orange"),
        .init(
            "chair-furu", "Furu lounge chair", "Living", 640, seen: 18, appeal: 0.2,
            "pine wool armchair seat furniture wood"),
        .init("vase-bue", "Bue vase", "Living", 56, seen: 9, appeal: 1.1, "matte porcelain flower ceramic lilac"),
        .init(
            "carafe-vik", "Vik carafe", "Table", 48, seen: 6, appeal: 1.2,
            "mouth-blown glass cork bottle water wine jug"),
        .init(
            "pendant-klokke", "Klokke pendant", "Light", 189, seen: 7, appeal: 0.6,
            "spun aluminium brass ceiling lamp dining hanging"),
        .init(
            "throw-ull", "Ull throw", "Living", 128, seen: 11, appeal: 0.8,
            "norwegian lambswool blanket wool plaid sofa"),
        .init("teapot-ro", "Ro teapot", "Table", 86, seen: 8, appeal: 1, "glazed clay rattan tea kettle pot green"),
        .init(
            "clock-stund", "Stund wall clock", "Study", 78, seen: 5, appeal: 0.9, "oak silent movement time watch wall"),
        .init(
            "stool-krakk", "Krakk stool", "Living", 165, seen: 4, appeal: 0.8,
            "solid ash oiled chair seat wood side table"),
        .init(
            "notebook-blad", "Blad notebook", "Study", 18, seen: 2, appeal: 2.6,
            "linen 192 pages book paper journal writing"),
        .init(
            "candle-stake", "Stake candle holder", "Light", 32, seen: 1.5, appeal: 2.4,
            "cast brass candlestick candlelight"),
    ]

    /// What people type, and how often. Some words find nothing: slips, and things that the shop does not have.
    package static let queries: [(text: String, weight: Double)] = [
        ("mug", 14), ("lamp", 13), ("chair", 11), ("blanket", 8), ("tea", 9), ("vase", 6), ("wood", 5), ("brass", 4),
        ("table", 6), ("clock", 4), ("notebook", 4), ("wine", 3), ("candel", 4), ("rug", 7), ("mirror", 5),
        ("gift card", 3), ("lamp shade", 2),
    ]

    static let popularity = Weighted(products.map(\.seen))
    static let queryWeights = Weighted(queries.map(\.weight))
    private static let found = queries.map { matches($0.text) }

    /// The products a query finds.
    package static func results(ofQuery index: Int) -> [Int] { found[index] }

    /// As the shop's own search: every word of the query must begin a word of the product.
    private static func matches(_ query: String) -> [Int] {
        products.indices.filter { index in
            let known = products[index].words
            return query.split(separator: " ").allSatisfy { word in known.contains { $0.hasPrefix(word) } }
        }
    }
}

extension Product {
    fileprivate init(
        _ id: String, _ name: String, _ category: String, _ euros: Int, seen: Double, appeal: Double, _ words: String
    ) {
        let words = "\(name) \(category) \(words)".lowercased().split(separator: " ").map(String.init)
        self.init(
            id: id, name: name, category: category, price: euros * 100, seen: seen, appeal: appeal, words: words)
    }
}

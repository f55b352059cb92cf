// What is offered as OData: six entity sets with their columns, types and keys. One table; metadata, requests and answers
// are all read from it. Pure values.

/// The primitive types in use.
public enum EdmType: String, Sendable {
    case string = "Edm.String"
    case int32 = "Edm.Int32"
    case double = "Edm.Double"
    case instant = "Edm.DateTimeOffset"
    case date = "Edm.Date"

    var isNumber: Bool { self == .int32 || self == .double }
}

public struct Column: Sendable, Equatable {
    public let name: String
    public let type: EdmType
    public let isNullable: Bool

    init(_ name: String, _ type: EdmType, nullable: Bool = true) {
        self.name = name
        self.type = type
        isNullable = nullable
    }
}

public struct EntitySet: Sendable, Equatable {
    public let name: String
    /// The entity type's name, without namespace.
    public let type: String
    public let columns: [Column]
    /// The first columns of `columns` make the key.
    let keyCount: Int

    public var keys: [Column] { Array(columns.prefix(keyCount)) }

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }
}

public enum Model {
    public static let namespace = "clickd"
    public static let container = "Shop"

    public static let sets = [events, activity, funnel, products, terms, wishlist]

    public static func set(_ name: String) -> EntitySet? { sets.first { $0.name == name } }

    static let events = EntitySet(
        name: "Events", type: "Event",
        columns: [
            Column("Id", .string, nullable: false), Column("Time", .instant, nullable: false),
            Column("ReceivedAt", .instant), Column("Type", .string), Column("Event", .string),
            Column("Activity", .string), Column("Visitor", .string), Column("UserId", .string), Column("Host", .string),
            Column("Source", .string), Column("ProductId", .string), Column("Price", .double),
            Column("Quantity", .double), Column("Revenue", .double), Column("Currency", .string),
            Column("Query", .string), Column("Device", .string), Column("Referrer", .string),
            Column("Campaign", .string),
        ], keyCount: 1)

    static let activity = EntitySet(
        name: "DailyActivity", type: "ActivityOfDay",
        columns: [
            date, Column("Activity", .string, nullable: false), count("Events"), count("Visitors"),
        ], keyCount: 2)

    static let funnel = EntitySet(
        name: "FunnelDaily", type: "FunnelStepOfDay",
        columns: [
            date, count("StepNumber"), Column("Step", .string, nullable: false), count("Visitors"),
        ], keyCount: 2)

    static let products = EntitySet(
        name: "ProductsDaily", type: "ProductOfDay",
        columns: [
            date, Column("ProductId", .string, nullable: false), Column("Name", .string), count("Views"), count("Adds"),
            count("Wishlists"), count("Orders"), Column("Revenue", .double),
        ], keyCount: 2)

    static let terms = EntitySet(
        name: "SearchTermsDaily", type: "SearchTermOfDay",
        columns: [date, Column("Term", .string, nullable: false), count("Searches"), count("WithoutResults")],
        keyCount: 2)

    static let wishlist = EntitySet(
        name: "WishlistDaily", type: "WishOfDay",
        columns: [date, Column("ProductId", .string, nullable: false), count("Added"), count("MovedToCart")],
        keyCount: 2)

    private static let date = Column("Date", .date, nullable: false)
    private static func count(_ name: String) -> Column { Column(name, .int32, nullable: false) }
}

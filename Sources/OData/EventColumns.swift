// Where the columns of Events come from: fields of an event's document, or what MongoDB makes of its properties and
// context by the rules of docs/reports-api.md. They are made in the server, so that what is filtered and ordered by is
// what is shown. Only orders have revenue: GA4 sends `value` with other events too.
import Mongo

enum EventColumns {
    /// The field a column is, nil for those that are made.
    static func field(_ column: Column) -> String? { fields[column.name] }

    /// An aggregation expression of the column's value; null where there is none.
    static func expression(_ column: Column) -> BSONValue {
        if let field = fields[column.name] { return .string("$" + field) }
        return made[column.name] ?? .null
    }

    private static let fields = [
        "Id": "_id", "Time": "ts", "ReceivedAt": "receivedAt", "Type": "type", "Event": "event",
        "Activity": "activity", "Visitor": "visitor", "UserId": "userId", "Host": "host", "Source": "source",
    ]

    private static let made: [String: BSONValue] = [
        "ProductId": productID, "Price": number(ofFirst: ["$properties.price"]),
        "Quantity": number(ofFirst: ["$properties.quantity"]),
        "Revenue": [
            "$cond": [
                ["$eq": ["$activity", "order"]],
                number(ofFirst: ["$properties.revenue", "$properties.total", "$properties.value"]), .null,
            ]
        ],
        "Currency": text("$properties.currency"),
        "Query": ["$ifNull": [text("$properties.query"), text("$properties.search_term"), .null]],
        "Device": device, "Referrer": referrer, "Campaign": text("$context.campaign.name"),
    ]

    // MARK: Texts and numbers

    /// Longer texts are cut, as in reports.
    private static let maxCharacters: BSONValue = 256

    private static func isType(_ path: BSONValue, _ types: BSONValue) -> BSONValue {
        ["$in": [["$type": path], types]]
    }

    /// A text, or a whole number's digits; null for an empty one.
    private static func text(_ path: BSONValue) -> BSONValue {
        let isText: BSONValue = ["$and": [["$eq": [["$type": path], "string"]], ["$ne": [path, ""]]]]
        let number: BSONValue = ["$cond": [isType(path, ["double"]), path, 0.5]]
        let isWhole: BSONValue = [
            "$and": [
                ["$eq": [number, ["$trunc": number]]], ["$lt": [number, 9e15]], ["$gt": [number, -9e15]],
            ]
        ]
        return [
            "$switch": [
                "branches": [
                    ["case": isText, "then": ["$substrCP": [["$toString": path], 0, maxCharacters]]],
                    ["case": isType(path, ["int", "long"]), "then": ["$toString": path]],
                    ["case": isWhole, "then": ["$toString": ["$toLong": path]]],
                ], "default": .null,
            ]
        ]
    }

    /// The first that is a number, or a text that is one; null for what is out of bounds.
    private static func number(ofFirst paths: [BSONValue]) -> BSONValue {
        let numbers = paths.map { path -> BSONValue in
            let said: BSONValue = [
                "$cond": [
                    isType(path, ["int", "long", "double", "string"]),
                    ["$convert": ["input": path, "to": "double", "onError": .null, "onNull": .null]], .null,
                ]
            ]
            let isBounded: BSONValue = ["$and": [["$lte": ["$$n", 9e8]], ["$gte": ["$$n", -9e8]]]]
            return ["$let": ["vars": ["n": said], "in": ["$cond": [isBounded, "$$n", .null]]]]
        }
        return ["$ifNull": .array(numbers + [.null])]
    }

    // MARK: Product

    private static let productID: BSONValue = {
        func id(_ front: String) -> [BSONValue] {
            ["product_id", "sku", "item_id"].map { text(.string(front + $0)) }
        }
        let list: BSONValue = [
            "$cond": [
                ["$eq": [["$type": "$properties.products"], "missing"]], "$properties.items", "$properties.products",
            ]
        ]
        let ofList: BSONValue = [
            "$let": [
                "vars": ["list": list],
                "in": [
                    "$first": [
                        "$filter": [
                            "input": [
                                "$map": [
                                    "input": ["$cond": [["$isArray": "$$list"], "$$list", []]], "as": "item",
                                    "in": ["$ifNull": .array(id("$$item.") + [.null])],
                                ]
                            ], "cond": ["$ne": ["$$this", .null]],
                        ]
                    ]
                ],
            ]
        ]
        return ["$ifNull": .array(id("$properties.") + [ofList, .null])]
    }()

    // MARK: Context

    private static let device: BSONValue = {
        func holds(_ word: String) -> BSONValue {
            ["$gte": [["$indexOfBytes": ["$$agent", .string(word)]], 0]]
        }
        let named: BSONValue = [
            "$switch": [
                "branches": [
                    [
                        "case": ["$in": ["$$type", ["mobile", "phone", "smartphone", "ios", "android", "handset"]]],
                        "then": "phone",
                    ], ["case": ["$in": ["$$type", ["tablet", "ipad"]]], "then": "tablet"],
                    ["case": ["$in": ["$$type", ["desktop", "computer", "pc"]]], "then": "desktop"],
                ], "default": ["$substrCP": ["$$type", 0, maxCharacters]],
            ]
        ]
        let read: BSONValue = [
            "$switch": [
                "branches": [
                    ["case": ["$eq": ["$$agent", ""]], "then": .null],
                    ["case": ["$or": [holds("iPad"), holds("Tablet")]], "then": "tablet"],
                    ["case": holds("Android"), "then": ["$cond": [holds("Mobile"), "phone", "tablet"]]],
                    ["case": ["$or": [holds("Mobi"), holds("iPhone")]], "then": "phone"],
                ], "default": "desktop",
            ]
        ]
        return [
            "$let": [
                "vars": ["type": ["$toLower": string("$context.device.type")], "agent": string("$context.userAgent")],
                "in": ["$cond": [["$ne": ["$$type", ""]], named, read]],
            ]
        ]
    }()

    /// The page's referrer, else the one given apart; the page's own host is none.
    private static let referrer: BSONValue = [
        "$let": [
            "vars": [
                "from": [
                    "$let": [
                        "vars": ["page": host("$context.page.referrer")],
                        "in": ["$cond": [["$ne": ["$$page", ""]], "$$page", host("$context.referrer.url")]],
                    ]
                ], "own": host("$context.page.url"),
            ],
            "in": [
                "$cond": [["$in": ["$$from", ["", "$$own"]]], .null, ["$substrCP": ["$$from", 0, maxCharacters]]]
            ],
        ]
    ]

    /// The text at a path; empty for what is none.
    private static func string(_ path: BSONValue) -> BSONValue {
        ["$cond": [["$eq": [["$type": path], "string"]], path, ""]]
    }

    /// The host of an address, in lower case, without `www.`; empty for none.
    private static func host(_ path: BSONValue) -> BSONValue {
        let found: BSONValue = [
            "$regexFind": ["input": string(path), "regex": "^(?s:.*?://)?(?:[^/?#]*@)?([^/?#:@]*)"]
        ]
        return [
            "$let": [
                "vars": [
                    "host": [
                        "$toLower": [
                            "$let": ["vars": ["f": found], "in": ["$ifNull": [["$first": "$$f.captures"], ""]]]
                        ]
                    ]
                ],
                "in": [
                    "$cond": [
                        ["$eq": [["$indexOfBytes": ["$$host", "www."]], 0]],
                        ["$substrBytes": ["$$host", 4, -1]], "$$host",
                    ]
                ],
            ]
        ]
    }
}

// Why an event was refused. The names are the wire protocol's and the ledger's.

import JSON

public enum Rejection: UInt8, Error, Sendable, CaseIterable {
    case notJSON
    case notObject
    case notUTF8
    case tooLarge
    case tooDeep
    case badNumber
    case badField
    case full

    /// The code as senders and operators see it.
    public var code: String {
        switch self {
        case .notJSON: "not_json"
        case .notObject: "not_object"
        case .notUTF8: "not_utf8"
        case .tooLarge: "too_large"
        case .tooDeep: "too_deep"
        case .badNumber: "bad_number"
        case .badField: "bad_field"
        case .full: "full"
        }
    }

    /// What stands behind the code in a `NO`.
    public var text: String {
        switch self {
        case .notJSON: "this line is not JSON"
        case .notObject: "an event is a JSON object"
        case .notUTF8: "this line is not UTF-8"
        case .tooLarge: "this event is larger than intake.max_event_bytes"
        case .tooDeep: "this event is nested deeper than 64"
        case .badNumber: "a number does not fit 64 bits or a double"
        case .badField: "a field is missing, doubled, or not of its type; see the wire protocol"
        case .full: "the outbox is full; send it again later"
        }
    }
}

extension Rejection {
    /// What a text's fault is to its sender.
    public init(_ fault: JSONFault) {
        switch fault {
        case .notJSON, .noMemory: self = .notJSON
        case .notUTF8: self = .notUTF8
        case .tooDeep: self = .tooDeep
        case .badNumber: self = .badNumber
        case .tooLarge: self = .tooLarge
        }
    }
}

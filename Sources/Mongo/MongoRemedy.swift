// What to do about a MongoDB error: the one table from codes to remedies. Callers switch on the remedy, never on codes.
// A code that is not listed is `retry`: it says nothing about the document, and what is tried again is not lost.
// Codes: https://github.com/mongodb/mongo/blob/r6.0.5/src/mongo/base/error_codes.yml

public enum MongoRemedy: Sendable, Equatable {
    /// Try the same again later: network, elections, timeouts, write concern, rights and credentials (both may be
    /// put right or rotated under a running daemon).
    case retry
    /// The server judged the document, and will judge it so again: this one alone goes aside.
    case setAside
    /// It cannot work before someone changes configuration or code.
    case giveUp
}

extension MongoRemedy {
    /// What a code says of: one document of a batch, or a whole command.
    enum Subject {
        case document
        case command
    }

    static func of(_ domain: MongoErrorDomain, _ code: Int32, _ subject: Subject) -> MongoRemedy {
        switch domain {
        // libbson or libmongoc refused the document itself, as over 16 MiB.
        case .bson: .setAside
        case .argument, .namespace: .giveUp
        case .server, .query: of(serverCode: code, subject)
        default: .retry
        }
    }

    private static func of(serverCode code: Int32, _ subject: Subject) -> MongoRemedy {
        switch code {
        case 121,  // DocumentValidationFailure
            10334, 17280, 17419, 17420,  // BSONObjectTooLarge and the old codes of the same: document or key too long
            11000, 11001, 12582,  // DuplicateKey
            16755, 16756,  // a value no geo index can hold
            171,  // CannotIndexParallelArrays: a compound index over two arrays of one document
            52, 53, 55, 56, 57:  // DollarPrefixedFieldName, InvalidIdField, InvalidDBRef, EmptyFieldName, Dotted…
            return .setAside
        case 2, 9, 14, 15, 22:  // BadValue, FailedToParse, TypeMismatch, Overflow (nesting), InvalidBSON
            return subject == .document ? .setAside : .giveUp
        case 20,  // IllegalOperation
            40, 59, 67, 72, 73, 85, 86, 115,  // conflicting update, command, index, options, namespace
            40415:  // a field no command of this version has
            return subject == .document ? .retry : .giveUp
        default:
            return .retry
        }
    }
}

// librdkafka's configuration: names and values in the order given, later ones winning. Only this turns them into C.
// Checking a property needs no client and no broker. Errors name the property, never its value, which may be a secret.
import CRdKafka

public struct ClientProperties: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Property: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    public private(set) var properties: [Property] = []

    public init() {}

    public init(dictionaryLiteral pairs: (String, String)...) {
        for (name, value) in pairs { set(name, value) }
    }

    /// Adds a property; a later one of the same name wins. Names of topic properties go to every topic.
    public mutating func set(_ name: String, _ value: String) {
        properties.append(Property(name: name, value: value))
    }

    /// What a property was set to last.
    public func value(of name: String) -> String? { properties.last { $0.name == name }?.value }

    /// Whether TLS is spoken and the broker's certificate looked at.
    var wantsCertificates: Bool {
        let isChecked = value(of: "enable.ssl.certificate.verification") != "false"
        return isChecked && value(of: "security.protocol")?.lowercased().hasSuffix("ssl") == true
    }

    /// Why librdkafka refuses the property, in its words, or nil where it takes it. Not every clash between two
    /// properties shows before a client is opened.
    public static func check(_ name: String, _ value: String) -> String? {
        guard let conf = rd_kafka_conf_new() else { return "out of memory" }
        defer { rd_kafka_conf_destroy(conf) }
        return set(name, value, in: conf)
    }

    /// A configuration that the caller destroys, or gives to rd_kafka_new.
    func makeConfiguration(operation: String) throws(KafkaError) -> OpaquePointer {
        guard let conf = rd_kafka_conf_new() else {
            throw KafkaError(operation: operation, RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, text: "out of memory")
        }
        for property in properties {
            if let reason = Self.set(property.name, property.value, in: conf) {
                rd_kafka_conf_destroy(conf)
                throw KafkaError(
                    operation: operation, RD_KAFKA_RESP_ERR__INVALID_ARG, text: "property \(property.name): \(reason)")
            }
        }
        return conf
    }

    private static func set(_ name: String, _ value: String, in conf: OpaquePointer) -> String? {
        let (result, text) = withErrorText { rd_kafka_conf_set(conf, name, value, $0, $1) }
        if result == RD_KAFKA_CONF_OK { return nil }
        return text.isEmpty ? "refused" : text
    }
}

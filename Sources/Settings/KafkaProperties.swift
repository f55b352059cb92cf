// [kafka.client], [kafka.producer], [kafka.consumer]: librdkafka's property names, quoted or as nested tables that
// are joined with dots. What clickd's promises rest on is refused here with the reason; whether librdkafka knows a
// property and takes its value is for librdkafka to say, asked through `PropertyFault`. Values are never put into messages.
import TOML

enum KafkaProperties {
    static let rule = "librdkafka's properties, \"name\" = value; \"name_file\" = \"/path\" reads a secret from a file"

    /// The properties of a table named `name`, and what is wrong with them.
    static func read(_ name: String, _ entries: [TOMLEntry], _ given: Given) -> ([KafkaProperty], [Remark]) {
        var reader = Reader(table: name, given: given)
        reader.read(entries, under: "")
        return (reader.properties, reader.remarks)
    }

    /// Why an operator cannot set a property; nil when it is free.
    static func reasonAgainst(_ property: String) -> String? {
        let fixed = "clickd fixes it"
        return switch property {
        case "acks", "request.required.acks":
            "\(fixed) at all: an event leaves the outbox only when every replica in sync has it"
        case "enable.idempotence": "\(fixed) at true: without it a resend can double or reorder events"
        case "message.timeout.ms", "delivery.timeout.ms":
            "\(fixed) at none: an event is tried until it is delivered, however long Kafka is away"
        case "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store":
            "\(fixed) at false: offsets are committed after MongoDB's majority write and not before"
        case "auto.offset.reset": "\(fixed) at earliest: anything else can skip events"
        case "partition.assignment.strategy":
            "\(fixed) at range, since cooperative assignment has faults in the librdkafka supported here"
        case "bootstrap.servers", "metadata.broker.list": "it is kafka.brokers; set that"
        case "group.id": "it is kafka.group; set that"
        case "group.instance.id": "clickd draws it and keeps it beside the outbox; it must differ in every process"
        case "transactional.id": "clickd uses no transactions: the dedupe key in MongoDB does their work"
        default: nil
        }
    }

    private struct Reader {
        let table: String
        let given: Given
        var properties: [KafkaProperty] = []
        var remarks: [Remark] = []

        init(table: String, given: Given) {
            self.table = table
            self.given = given
        }

        mutating func read(_ entries: [TOMLEntry], under prefix: String) {
            for entry in entries {
                let name = prefix + entry.key
                switch entry.value.content {
                case .table(let inner): read(inner, under: name + ".")
                case .string(let text): add(name, text, entry)
                case .integer(let number): add(name, "\(number)", entry)
                case .float(let number): add(name, "\(number)", entry)
                case .bool(let flag): add(name, "\(flag)", entry)
                case .array, .date:
                    refuse(name, entry, "\(noun(entry.value)), where librdkafka takes a string, number, true or false")
                }
            }
        }

        private mutating func add(_ written: String, _ value: String, _ entry: TOMLEntry) {
            let isFile = written.hasSuffix("_file")
            let name = isFile ? String(written.dropLast(5)) : written
            if !isToken(name, bytes: 1...120) {
                return refuse(
                    written, entry, "not a property's name; librdkafka's are letters, digits, dots and underscores")
            }
            if let reason = KafkaProperties.reasonAgainst(name) {
                return refuse(written, entry, "not yours to set: \(reason)")
            }
            if properties.contains(where: { $0.name == name }) {
                return refuse(written, entry, "\(name) is set twice in this table; keep one")
            }
            if value.utf8.contains(0) { return refuse(written, entry, "its value has a NUL byte in it") }
            guard isFile else { return put(KafkaProperty(name: name, value: value), written, entry) }
            guard value.hasPrefix("/") else {
                return refuse(written, entry, "not an absolute path; a name ending in _file takes the path of a secret")
            }
            guard given.secrets.hasKafka else { return }
            do throws(Refusal) {
                put(KafkaProperty(name: name, value: try FileText.secret(value), file: value), written, entry)
            } catch {
                refuse(written, entry, error.text)
            }
        }

        private mutating func put(_ property: KafkaProperty, _ written: String, _ entry: TOMLEntry) {
            // The partitioner is chosen by clickd itself, which gives librdkafka a partition with each event.
            if property.name != "partitioner", let fault = given.propertyFault(property.name, property.value) {
                return refuse(written, entry, "librdkafka does not take it: \(fault)")
            }
            properties.append(property)
        }

        private mutating func refuse(_ name: String, _ entry: TOMLEntry, _ text: String) {
            let key = "\(table).\(name)"
            remarks.append(Remark(key: key, position: entry.position, text: "\(key): \(text)"))
        }
    }
}

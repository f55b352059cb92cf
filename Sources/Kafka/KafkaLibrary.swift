// librdkafka as it is linked: its version, and what that version is known to get wrong.
import CRdKafka

public enum KafkaLibrary {
    /// "2.0.2"
    public static var version: String { String(cString: rd_kafka_version_str()) }

    /// 0xMMmmrrxx: major, minor, revision, pre-release.
    static var number: Int { Int(rd_kafka_version()) }

    /// Before 2.6.1 SCRAM's last message repeats the client's nonce, which Kafka let pass until 4.0 (and 3.8.1 for other
    /// clients): https://github.com/confluentinc/librdkafka/pull/4895
    public static var hasOldSCRAM: Bool { number < 0x0206_01ff }

    /// What to do instead.
    public static let insteadOfOldSCRAM =
        "librdkafka \(version) cannot do SCRAM with Kafka 4: 2.6.1 or later can, and so do PLAIN or a client certificate over TLS"

    /// Before 2.3.0 an idempotent producer could go fatal after a mere disconnect; clickd opens another and resends.
    public static var goesFatalOnDisconnect: Bool { number < 0x0203_00ff }
}

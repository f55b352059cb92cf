// Which partition a key goes to, by librdkafka's own functions, so that every producer of the topic agrees. Looked up
// once by name; cheap and safe to use on any thread. A message without a key gets a random partition chosen here:
// librdkafka's own choice reads the topic without its lock outside of a partitioner callback.
import CRdKafka

// Unchecked: librdkafka's partitioners are pure functions ("the partitioner function may be called in any thread at any
// time", rd_kafka_topic_conf_set_partitioner_cb), which Swift 6.0 does not take from a closure that becomes a C function.
public struct Partitioner: @unchecked Sendable {
    @usableFromInline
    typealias Function =
        @convention(c) (
            OpaquePointer?, UnsafeRawPointer?, Int, Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
        ) -> Int32

    /// The names librdkafka's property "partitioner" takes.
    public static let names = [
        "random", "consistent", "consistent_random", "murmur2", "murmur2_random", "fnv1a", "fnv1a_random",
    ]

    /// nil: every message goes anywhere.
    @usableFromInline let function: Function?
    /// Messages without a key (for consistent_random: or with an empty one) go anywhere.
    @usableFromInline let keylessGoAnywhere: Bool
    @usableFromInline let emptyGoAnywhere: Bool

    /// nil for an unknown name.
    public init?(named name: String) {
        switch name {
        case "random": function = nil
        case "consistent": function = { rd_kafka_msg_partitioner_consistent($0, $1, $2, $3, $4, $5) }
        case "consistent_random": function = { rd_kafka_msg_partitioner_consistent_random($0, $1, $2, $3, $4, $5) }
        case "murmur2": function = { rd_kafka_msg_partitioner_murmur2($0, $1, $2, $3, $4, $5) }
        case "murmur2_random": function = { rd_kafka_msg_partitioner_murmur2_random($0, $1, $2, $3, $4, $5) }
        case "fnv1a": function = { rd_kafka_msg_partitioner_fnv1a($0, $1, $2, $3, $4, $5) }
        case "fnv1a_random": function = { rd_kafka_msg_partitioner_fnv1a_random($0, $1, $2, $3, $4, $5) }
        default: return nil
        }
        keylessGoAnywhere = name.hasSuffix("random")
        emptyGoAnywhere = name == "consistent_random"
    }

    /// The partition, in 0 ..< `count`, of a key; a buffer without a base address is no key. 0 where `count` is below 2.
    @inlinable
    public func partition(forKey key: UnsafeRawBufferPointer, count: Int32) -> Int32 {
        guard count > 1 else { return 0 }
        guard let function, !(keylessGoAnywhere && key.baseAddress == nil), !(emptyGoAnywhere && key.isEmpty) else {
            return Int32.random(in: 0..<count)
        }
        return function(nil, key.baseAddress, key.count, count, nil, nil)
    }
}

extension Partitioner {
    /// Java's own choice: the same key goes to the same partition, whoever produces.
    public static let standard = Partitioner(
        function: { rd_kafka_msg_partitioner_murmur2_random($0, $1, $2, $3, $4, $5) }, keylessGoAnywhere: true,
        emptyGoAnywhere: false)

    private init(function: Function?, keylessGoAnywhere: Bool, emptyGoAnywhere: Bool) {
        self.function = function
        self.keylessGoAnywhere = keylessGoAnywhere
        self.emptyGoAnywhere = emptyGoAnywhere
    }
}

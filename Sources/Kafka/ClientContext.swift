// Opening a librdkafka client, and what its callbacks find by the opaque pointer. The log closure may be called on any
// thread of librdkafka, and `connection` is written there; everything else here belongs to the thread that polls. Without
// a log closure librdkafka is silent: it never writes to stderr on its own.
import CRdKafka
import Linux

/// A line of librdkafka's log: level as in syslog (0 to 7), facility ("FAIL", "CONNECT"), text. Called on librdkafka's
/// threads, so it must be quick and must not call this module.
public typealias KafkaLog = @Sendable (_ level: Int32, _ facility: String, _ text: String) -> Void

final class ClientContext {
    let onLog: KafkaLog?
    /// What is known of the connections to the brokers.
    let connection = Guarded(ConnectionTrouble())
    /// Set while the consumer polls or closes, and only then.
    var onRebalance: ((OpaquePointer, rd_kafka_resp_err_t, UnsafePointer<rd_kafka_topic_partition_list_t>) -> Void)?
    /// The last failure of an asynchronous commit, until a poll hands it out.
    var commitError: KafkaError?

    init(onLog: KafkaLog?) { self.onLog = onLog }

    /// Opens a client. `configure` adds callbacks and events; the context must outlive the client.
    func openClient(
        _ type: rd_kafka_type_t, _ properties: ClientProperties, operation: String,
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) -> OpaquePointer {
        let conf = try properties.makeConfiguration(operation: operation)
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
            let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
            context.note(level, String(cString: facility), String(cString: text))
        }
        if properties.wantsCertificates {
            // The verdict is OpenSSL's and stays as it is; librdkafka alone would not say what is wrong.
            rd_kafka_conf_set_ssl_cert_verify_cb(conf) {
                _, _, _, verdict, depth, bytes, count, text, room, opaque in
                guard let verdict, let opaque else { return 0 }
                let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
                let certificate = UnsafeRawBufferPointer(start: bytes, count: count)
                context.connection.withLock { $0.see(certificate, depth: depth, verdict: verdict.pointee) }
                if verdict.pointee == 0 { return 1 }
                if let text, room > 0 { text.pointee = 0 }
                return 0
            }
        }
        configure(conf)
        let (client, text) = withErrorText { rd_kafka_new(type, conf, $0, $1) }
        guard let client else {
            let error = rd_kafka_last_error()
            rd_kafka_conf_destroy(conf)
            throw KafkaError(operation: operation, error, text: text)
        }
        return client
    }

    /// On librdkafka's threads.
    private func note(_ level: Int32, _ facility: String, _ text: String) {
        if facility == "FAIL" { connection.withLock { $0.note(text) } }
        onLog?(level, facility, text)
    }

    /// The error that made a client unusable, if one did.
    static func fatalError(of client: OpaquePointer, operation: String) -> KafkaError? {
        let (error, text) = withErrorText { rd_kafka_fatal_error(client, $0, $1) }
        if error == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
        return KafkaError(operation: operation, error, text: text, isFatal: true)
    }
}

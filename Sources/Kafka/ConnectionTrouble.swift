// Why there is no connection to a broker, in words for the person who has to mend it. librdkafka says only "broker
// transport failure" where it is asked; the reason goes to its log, and what is wrong with a certificate to nobody.
// Values only.

public struct ConnectionTrouble: Sendable, Equatable {
    /// librdkafka's last words on a connection that failed; nil since one worked.
    public private(set) var text: String?
    /// OpenSSL's number for what is wrong with a certificate (X509_V_ERR_…); 0 where nothing is.
    public private(set) var certificateFault: Int32 = 0
    /// The broker's own certificate, as it was last shown (DER).
    public private(set) var brokerCertificate: [UInt8] = []

    public init() {}

    public mutating func note(_ text: String) { self.text = text }

    mutating func see(_ certificate: UnsafeRawBufferPointer, depth: Int32, verdict: Int32) {
        if depth == 0 { brokerCertificate = Array(certificate) }
        if verdict != 0 || depth == 0 { certificateFault = verdict }
    }

    mutating func isOver() { text = nil }

    /// The reason as a sentence, with the broker's address; nil where none is known.
    public var sentence: String? { text.map { ConnectionTrouble.sentence($0, certificateFault: certificateFault) } }

    /// Puts librdkafka's words (a line of its log, or of an error event) into ones that name the cause and the property.
    public static func sentence(_ text: String, certificateFault: Int32 = 0) -> String {
        let (broker, reason) = parts(text)
        let known = cause(reason, certificateFault)
        return "\(broker.isEmpty ? "" : "\(broker): ")\(known ?? reason)"
    }

    /// "[thrd:…]: sasl_ssl://host:9093/bootstrap: reason (after 3ms in state X)": the address and the reason.
    private static func parts(_ text: String) -> (broker: String, reason: String) {
        var reason = Substring(text)
        if reason.hasPrefix("[thrd:"), let end = reason.range(of: "]: ") { reason = reason[end.upperBound...] }
        if let state = reason.range(of: " (after ") { reason = reason[..<state.lowerBound] }
        guard let colon = reason.range(of: ": ") else { return ("", String(reason)) }
        let name = reason[..<colon.lowerBound]
        guard name.contains("/"), !name.contains(" ") else { return ("", String(reason)) }
        let address = name.range(of: "://").map { name[$0.upperBound...] } ?? name
        return (String(address.prefix { $0 != "/" }), String(reason[colon.upperBound...]))
    }

    private static func cause(_ text: String, _ certificateFault: Int32) -> String? {
        if text.contains("certificate verify failed") { return certificateCause(certificateFault) }
        if text.contains("alert") {
            return alerts.first { text.contains("alert \($0.alert)") }.map {
                "the broker refuses the connection: \($0.meaning) (ssl.certificate.location, ssl.key.location)"
            }
        }
        return others.first { text.contains($0.says) }.map { $0.names ? "\($0.meaning) (\(text))" : $0.meaning }
    }

    /// What TLS lets a peer say of our certificate: https://www.rfc-editor.org/rfc/rfc8446#section-6.2
    private static let alerts = [
        (alert: "certificate required", meaning: "it wants a client certificate and was shown none"),
        (alert: "bad certificate", meaning: "it wants a client certificate, and was shown none or a damaged one"),
        (alert: "handshake failure", meaning: "it may want a client certificate"),
        (alert: "certificate expired", meaning: "the client's certificate has expired"),
        (alert: "certificate revoked", meaning: "the client's certificate is revoked"),
        (alert: "unknown ca", meaning: "it does not know the authority that signed the client's certificate"),
        (
            alert: "certificate unknown",
            meaning: "it does not accept the client's certificate: expired, or from an authority it does not know"
        ),
    ]

    private static let others: [(says: String, meaning: String, names: Bool)] = [
        (
            "SASL authentication error",
            "the broker refuses user or password (sasl.username, sasl.password)", true
        ),
        (
            "Unsupported SASL mechanism", "the broker does not offer this way to log in: change sasl.mechanism", true
        ),
        (
            "connecting to a SSL listener?",
            "the broker hung up at once: it may speak TLS only; set security.protocol to SSL or SASL_SSL", false
        ),
        (
            "might require SASL authentication",
            "the broker hung up: it may want a password; set security.protocol to SASL_SSL, and sasl.mechanism", false
        ),
        (
            "unexpected eof while reading",
            "the broker does not speak TLS at this address: another port, or security.protocol without SSL", false
        ),
        (
            "wrong version number",
            "the broker does not speak TLS at this address: another port, or security.protocol without SSL", false
        ),
    ]

    /// X509_V_ERR_… of OpenSSL's x509_vfy.h.
    private static func certificateCause(_ fault: Int32) -> String {
        switch fault {
        case 9: "the broker's certificate is not valid yet: one of the two clocks is wrong"
        case 10: "the broker's certificate has expired: renew it on the broker"
        case 62, 64: "the broker's certificate is for another host: name the broker as its certificate does"
        case 18, 19, 20, 21:
            "the broker's certificate is signed by an authority that is not trusted here: set ssl.ca.location to its file"
        case 23: "the broker's certificate is revoked"
        default: "the broker's certificate cannot be verified\(fault == 0 ? "" : " (\(fault))"): see ssl.ca.location"
        }
    }
}

extension Substring {
    /// Where `text` stands first. The standard library alone has no such search before Swift 6.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

// Why a neighbour does not answer, as one sentence for status: what the libraries say, in words, and what their servers do
// not say, as that our own certificate has expired.
import Kafka
import Linux
import Mongo
import Settings

public enum KafkaCause {
    /// `connection`: what the failing client knows.
    public static func sentence(
        _ error: KafkaError, _ connection: ConnectionTrouble?, _ settings: KafkaSettings
    ) -> String {
        guard let known = connection?.sentence else {
            return "\(error.text) (\(error.name)); brokers \(settings.brokers)"
        }
        return known + scram(known, settings) + ClientCertificate.fault(settings.certificateFile)
    }

    /// For an error event, whose text is the line of the log.
    static func sentence(_ text: String, _ settings: KafkaSettings) -> String {
        let known = ConnectionTrouble.sentence(text)
        return known + scram(known, settings) + ClientCertificate.fault(settings.certificateFile)
    }

    private static func scram(_ text: String, _ settings: KafkaSettings) -> String {
        let usesSCRAM = settings.value(of: "sasl.mechanism") ?? settings.value(of: "sasl.mechanisms")
        guard KafkaLibrary.hasOldSCRAM, usesSCRAM?.hasPrefix("SCRAM") == true, text.contains("refuses user") else {
            return ""
        }
        return "; \(KafkaLibrary.insteadOfOldSCRAM)"
    }
}

extension KafkaSettings {
    /// What a property of both clients is set to; nil where it is not.
    public func value(of name: String) -> String? { client.last { $0.name == name }?.value }

    /// The file of our own certificate, where one is shown.
    public var certificateFile: String? { value(of: "ssl.certificate.location") }
}

extension MongoSettings {
    /// An option of the URI as it stands there ("tlsCAFile"), percent signs resolved; nil where it is not given.
    public func option(_ name: String) -> String? {
        guard let question = uri.revealed.firstIndex(of: "?") else { return nil }
        let options = uri.revealed[uri.revealed.index(after: question)...].split(separator: "&")
        let found = options.last { $0.prefix { $0 != "=" }.lowercased() == name.lowercased() }
        return found.map { PercentText.decoded($0.drop { $0 != "=" }.dropFirst()) }
    }
}

extension Conditions {
    /// MongoDB does not do what it is asked for.
    func mongoFailed(_ error: MongoError, _ settings: MongoSettings) {
        set("mongodb", MongoCause.sentence(error, settings))
    }
}

public enum MongoCause {
    public static func sentence(_ error: MongoError, _ settings: MongoSettings) -> String {
        error.text + ClientCertificate.fault(settings.option("tlsCertificateKeyFile"))
    }
}

enum ClientCertificate {
    /// "; our certificate FILE has expired on DAY", or "".
    static func fault(_ path: String?) -> String {
        guard let path else { return "" }
        let fault = Certificate.read(path)?.fault(at: WallClock.nowMilliseconds / 1000)
        return fault.map { "; our certificate \(path) \($0)" } ?? ""
    }
}

enum PercentText {
    /// "%2F" as "/"; what is no such pair stays.
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] * 16 + digits[1]))
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// librdkafka's words as it really said them to brokers set up so, and what is made of them.
import Kafka
import TestSupport
import Testing

@Suite(.waiting) struct ConnectionTroubleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let said: String
        var fault: Int32 = 0
        let words: String
        var testDescription: String { words }
    }

    static let cases = [
        Case(
            said:
                "[thrd:sasl_ssl://localhost:21708/bootstrap]: sasl_ssl://localhost:21708/bootstrap: SASL authentication error: "
                + "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512 "
                + "(after 370ms in state AUTH_REQ)",
            words: "localhost:21708: the broker refuses user or password (sasl.username, sasl.password)"),
        Case(
            said: "[thrd:sasl_ssl://b:1/bootstrap]: sasl_ssl://b:1/bootstrap: SSL handshake failed: error:0A000086:SSL "
                + "routines::certificate verify failed: broker certificate could not be verified (after 12ms in state SSL_HANDSHAKE)",
            fault: 10, words: "b:1: the broker's certificate has expired"),
        Case(
            said: "ssl://b:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed",
            fault: 62,
            words: "b:1: the broker's certificate is for another host"),
        Case(
            said: "ssl://b:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed",
            fault: 19,
            words: "set ssl.ca.location"),
        Case(
            said:
                "[thrd:ssl://b:1/bootstrap]: ssl://b:1/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad "
                + "certificate: SSL alert number 42 (after 1ms in state APIVERSION_QUERY)",
            words: "it wants a client certificate"),
        Case(
            said: "ssl://b:1/bootstrap: Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown",
            words: "it does not accept the client's certificate"),
        Case(
            said:
                "[thrd:b:1/bootstrap]: b:1/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
                + "security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10 (after 72ms in state X)",
            words: "b:1: the broker hung up at once: it may speak TLS only"),
        Case(
            said:
                "sasl_ssl://b:1/bootstrap: SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading",
            words: "does not speak TLS at this address"),
        Case(
            said:
                "ssl://b:1/bootstrap: Disconnected: verify that security.protocol is correctly configured, broker might require "
                + "SASL authentication (after 3ms in state UP)",
            words: "it may want a password"),
        Case(
            said:
                "sasl_ssl://b:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's "
                + "supported mechanisms: SCRAM-SHA-512,SCRAM-SHA-256",
            words: "change sasl.mechanism"),
        Case(
            said:
                "[thrd:b:1/bootstrap]: b:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
            words: "b:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused"),
    ]

    @Test("what librdkafka says is put into words that name broker, cause and property", arguments: cases)
    func sentence(example: Case) {
        let sentence = ConnectionTrouble.sentence(example.said, certificateFault: example.fault)
        #expect(sentence.contains(example.words), "\(sentence)")
        #expect(!sentence.contains("thrd:") && !sentence.contains("(after "))
    }

    @Test("nothing known is nothing said")
    func nothing() { #expect(ConnectionTrouble().sentence == nil) }
}

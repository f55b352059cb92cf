// Kafka: whether it answers, how old it is, the topic's settings against what clickd promises, the group's lag.
import Kafka
import Linux
import Pipeline
import Settings

package enum KafkaChecks {
    private static let timeout: Int32 = 5000

    static func examine(_ patient: Patient) -> [Finding] {
        patient.usesKafka ? examine(patient.settings, isWhole: true) : []
    }

    /// `isWhole` false: only what is wrong or right now, without the group.
    static func examine(_ settings: Settings, isWhole: Bool) -> [Finding] {
        let kafka = settings.kafka
        let told = Guarded<[String]>([])
        let admin: Admin
        let topic: TopicDescription
        var opened: Admin?
        do throws(KafkaError) {
            var properties = TopicWatch.properties(kafka)
            properties.set("debug", "feature")
            admin = try Admin.open(properties) { _, facility, text in
                if facility == "APIVERSION" { told.withLock { $0.append(text) } }
            }
            opened = admin
            topic = try admin.describeTopic(kafka.topic, timeoutMilliseconds: timeout)
        } catch {
            return [
                .problem(
                    "kafka.reach", KafkaCause.sentence(error, opened?.connection, kafka),
                    remedy: "see that a broker of kafka.brokers (\(kafka.brokers)) runs and can be reached from here, "
                        + "and [kafka.client]")
            ]
        }
        var findings: [Finding] = [.ok("kafka.reach", "answers at \(kafka.brokers)")]
        findings.append(version(told.withLock { $0 }))
        findings += certificate(admin.connection.brokerCertificate, WallClock.nowMilliseconds / 1000)
        guard topic.exists, !topic.partitions.isEmpty else { return findings + [missing(kafka)] }
        let configuration: TopicConfiguration
        do throws(KafkaError) {
            configuration = try admin.topicConfiguration(kafka.topic, timeoutMilliseconds: timeout)
        } catch {
            configuration = [:]
            findings.append(
                .warning(
                    "topic.configuration", "the topic's settings may not be read: \(error.text)",
                    remedy: "allow clickd's user DescribeConfigs on topic \(kafka.topic)"))
        }
        findings += TopicChecks.examine(topic, configuration, settings)
        if isWhole { findings.append(GroupCheck.examine(admin, topic, kafka)) }
        return findings
    }

    private static func missing(_ kafka: KafkaSettings) -> Finding {
        if kafka.createTopic {
            return .ok("topic.exists", "topic \(kafka.topic) is not there yet; clickd makes it (kafka.create_topic)")
        }
        return .problem(
            "topic.exists", "topic \(kafka.topic) does not exist, or may not be seen by clickd's user",
            remedy: "kafka-topics.sh --create --topic \(kafka.topic) --partitions 6 --replication-factor 3 "
                + "--config min.insync.replicas=2 --config message.timestamp.type=LogAppendTime "
                + "(or kafka.create_topic = true)")
    }

    /// From librdkafka's log of what requests the broker takes: it tells its release to nobody.
    static func version(_ lines: [String]) -> Finding {
        let check = "version.kafka"
        // "  ApiKey Fetch (1) Versions 4..18"
        let fetch = lines.first { $0.contains("ApiKey Fetch ") }?.split(separator: ".").last
        guard let newest = fetch.flatMap({ Int($0) }) else {
            return .ok(check, "the broker does not tell what requests it takes")
        }
        let releases = [
            (18, "4.1"), (17, "3.9"), (16, "3.7"), (15, "3.5"), (13, "3.1"), (12, "2.7"), (11, "2.3"), (4, "0.11"),
        ]
        guard newest >= 11 else {
            return .warning(
                check, "Kafka is older than 2.3 (Fetch requests up to \(newest))",
                remedy: "upgrade the brokers to 3.9 or later")
        }
        let release = releases.first { newest >= $0.0 }?.1 ?? "?"
        return .ok(check, "Kafka \(release) or later (Fetch requests up to \(newest))")
    }

    static func certificate(_ bytes: [UInt8], _ now: Int64) -> [Finding] {
        guard let certificate = Certificate(der: bytes) else { return [] }
        return [
            CertificateCheck.judge(
                "kafka.certificate", "the broker's certificate", certificate, now,
                remedy: "renew it on the broker (ssl.keystore.location)")
        ]
    }
}

/// How long a certificate still holds.
enum CertificateCheck {
    static let warnDays: Int64 = 30

    static func judge(
        _ check: String, _ what: String, _ certificate: Certificate, _ now: Int64, remedy: String
    ) -> Finding {
        if let fault = certificate.fault(at: now) { return .problem(check, "\(what) \(fault)", remedy: remedy) }
        let day = Certificate.day(certificate.notAfter)
        let days = (certificate.notAfter - now) / 86400
        return days < warnDays
            ? .warning(check, "\(what) expires in \(days) days, on \(day)", remedy: remedy)
            : .ok(check, "\(what) holds until \(day)")
    }
}

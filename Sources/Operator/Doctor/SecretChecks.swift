// Secrets: files that only the daemon may read, none in a readable configuration or in the environment, none in a core dump.
import Linux
import Pipeline
import Settings

enum SecretChecks {
    static func examine(_ patient: Patient) -> [Finding] {
        let settings = patient.settings
        var files: [String] = []
        if let path = settings.mongodb.uriFile { files.append(path) }
        if let path = settings.mongodb.option("tlsCertificateKeyFile") { files.append(path) }
        for property in settings.kafka.client + settings.kafka.producer + settings.kafka.consumer {
            if let path = property.file { files.append(path) }
            if property.name == "ssl.key.location" || property.name == "ssl.keystore.location" {
                files.append(property.value)
            }
        }
        if let path = settings.web.readPasswordFile { files.append(path) }
        var findings = files.map(file)
        findings.append(configuration(patient))
        findings.append(environment(Environment.variables))
        if let daemon = patient.daemon { findings.append(core(daemon)) }
        return findings
    }

    private static func file(_ path: String) -> Finding {
        let check = "secret.file"
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .problem(
                check, "\(path) is not there", remedy: "make it again: docs/security.md, rotating credentials")
        }
        return judge(check, path, mode: UInt32(status.st_mode) & 0o777)
    }

    static func judge(_ check: String, _ path: String, mode: UInt32) -> Finding {
        mode & 0o007 == 0
            ? .ok(check, "\(path), mode \(SocketChecks.octal(mode))")
            : .problem(
                check,
                "\(path) holds a secret and everybody may \(mode & 0o002 != 0 ? "change" : "read") it "
                    + "(mode \(SocketChecks.octal(mode)))",
                remedy: "chown root:clickd \(path) && chmod 0640 \(path); then change the secret itself")
    }

    /// Passwords written into the configuration itself.
    private static func configuration(_ patient: Patient) -> Finding {
        let check = "secret.configuration"
        let settings = patient.settings
        var keys: [String] = []
        if settings.mongodb.uriFile == nil, hasPassword(settings.mongodb.uri.revealed) { keys.append("mongodb.uri") }
        for property in settings.kafka.client + settings.kafka.producer + settings.kafka.consumer
        where property.file == nil && isSecret(property.name) { keys.append(property.name) }
        if !settings.web.writeKeys.isEmpty { keys.append("web.write_keys") }
        guard !keys.isEmpty else { return .ok(check, "no secret in the configuration itself") }
        var status = stat()
        guard stat(patient.configFile, &status) == 0, status.st_mode & 0o007 != 0 else {
            return .ok(check, "\(keys.joined(separator: ", ")) in \(patient.configFile), which not everybody may read")
        }
        return .problem(
            check, "\(patient.configFile) holds \(keys.joined(separator: ", ")), and everybody may read it",
            remedy: "put it into a file of its own (uri_file, \"…_file\"), or: chown root:clickd \(patient.configFile) "
                + "&& chmod 0640 \(patient.configFile)")
    }

    static func hasPassword(_ uri: String) -> Bool {
        let authority = uri.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }

    private static func isSecret(_ name: String) -> Bool {
        name.hasSuffix("password") || name.hasSuffix("secret") || name.hasSuffix(".pem") && name.contains("key")
    }

    private static func environment(_ variables: [String: String]) -> Finding {
        let check = "secret.environment"
        guard let uri = variables["CLICKD_MONGODB_URI"], hasPassword(uri) else {
            return .ok(check, "no secret in the environment")
        }
        return .warning(
            check, "CLICKD_MONGODB_URI has a password in it: every child process and who may look at /proc sees it",
            remedy: "CLICKD_MONGODB_URI_FILE=/path, or LoadCredential= in the unit")
    }

    private static func core(_ daemon: DaemonFacts) -> Finding {
        daemon.numbers["dumpable"] == 0
            ? .ok("secret.core", "the daemon leaves no core dump, and its memory is root's alone to read")
            : .problem(
                "secret.core", "a crash of the daemon would leave its memory, secrets and events, in a file",
                remedy: "restart the daemon as clickd run does by itself; LimitCORE=0 in the unit")
    }
}

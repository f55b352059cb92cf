// libmongoc's and the server's words for what is wrong with a connection, put into ones that name the cause and the
// option of the URI. Pure; what is not known stays as it is.

enum MongoWords {
    static func sentence(_ text: String) -> String {
        guard let known = known.first(where: { text.contains($0.says) }) else { return text }
        return "\(known.meaning) (\(text))"
    }

    private static let known: [(says: String, meaning: String)] = [
        ("certificate verify failed (10)", "MongoDB's certificate has expired: renew it on the server"),
        ("certificate verify failed (9)", "MongoDB's certificate is not valid yet: one of the two clocks is wrong"),
        ("certificate verify failed (62)", otherHost), ("certificate verify failed (64)", otherHost),
        ("Failed hostname verification", otherHost), ("hostname doesn't match", otherHost),
        (
            "certificate verify failed",
            "MongoDB's certificate is signed by an authority that is not trusted: set tlsCAFile"
        ),
        (
            "cannot determine username for X-509",
            "MongoDB is to know us by a certificate and none is given: set tlsCertificateKeyFile"
        ),
        ("for db \"$external\"", "MongoDB has no user of the certificate's name: create it in $external"),
        ("Authentication failed", "MongoDB refuses user or password"),
        (
            "connection closed calling hello",
            "the server hung up before it answered: it may speak TLS only (tls=true), or refuse the client's certificate"
        ),
        ("requires authentication", "MongoDB wants a user and password: put them into mongodb.uri_file"),
        ("not authorized on", "the user may not do this: grant it readWrite on the database"),
    ]

    private static let otherHost = "MongoDB's certificate is for another host: name the server as its certificate does"
}

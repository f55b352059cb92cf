// What a key's file holds belongs to the key: a password that was rotated is a new value of `uri_file`, whose path stayed
// the same. Never the secret itself, only whether it differs.

/// A secret beside a key's own value, for comparing and copying settings.
struct HeldSecret {
    /// Whether it differs between two settings.
    let differs: (Settings, Settings) -> Bool
    let copy: (Settings, inout Settings) -> Void
    /// Whether another key is what gives the value, as a file does for `mongodb.uri`.
    var isElsewhere: (Settings) -> Bool = { _ in false }

    static var none: HeldSecret { HeldSecret(differs: { _, _ in false }, copy: { _, _ in }) }

    /// `mongodb.uri` where it stands in the configuration.
    static var mongoURIUnlessFile: HeldSecret {
        HeldSecret(differs: { _, _ in false }, copy: { _, _ in }, isElsewhere: { $0.mongodb.uriFile != nil })
    }

    static var mongoURI: HeldSecret {
        HeldSecret(
            differs: { $1.mongodb.uriFile != nil && $0.mongodb.uri != $1.mongodb.uri },
            copy: { $1.mongodb.uri = $0.mongodb.uri })
    }

    static var readPassword: HeldSecret {
        HeldSecret(
            differs: { $0.web.readPassword != $1.web.readPassword }, copy: { $1.web.readPassword = $0.web.readPassword }
        )
    }
}

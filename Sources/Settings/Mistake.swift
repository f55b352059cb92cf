// What is wrong in a configuration, as sentences for the operator: where, which key, what it is, what is right.

/// One mistake in the configuration.
public struct Mistake: Sendable, Equatable, CustomStringConvertible {
    /// Where a value was given.
    public enum Place: Sendable, Equatable {
        /// A line (from 1) of the file; nil where the file as a whole is meant.
        case file(String, line: Int?)
        /// A variable of the environment.
        case environment(String)
    }

    public let place: Place
    /// The key in full, e.g. "outbox.max_bytes"; a section's name, or "" where the file as a whole is meant.
    public let key: String
    /// What is wrong and what is right, naming the key, without place. Never contains a secret.
    public let text: String

    /// Its line in the file, where it has one.
    public var line: Int? {
        if case .file(_, let line) = place { return line }
        return nil
    }

    /// One line: place, then text.
    public var description: String {
        switch place {
        case .file(let file, .some(let line)): "\(file):\(line): \(text)"
        case .file(let file, nil): "\(file): \(text)"
        case .environment(let name): "\(name): \(text)"
        }
    }
}

/// Every mistake that was found: those of the file by line, then those of the environment by name. Never empty.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public let mistakes: [Mistake]

    /// One mistake a line.
    public var description: String { mistakes.map(\.description).joined(separator: "\n") }

    init(_ mistakes: [Mistake]) {
        self.mistakes = mistakes.enumerated()
            .sorted { a, b in (rank(a.element), a.offset) < (rank(b.element), b.offset) }
            .map(\.element)
    }
}

/// The first of several sentences and how many there are behind it, where one line must do; nil where there are none.
public func firstOf(_ sentences: [String]) -> String? {
    sentences.first.map { sentences.count > 1 ? "\($0) (and \(sentences.count - 1) more)" : $0 }
}

private func rank(_ mistake: Mistake) -> Int {
    switch mistake.place {
    case .file(_, let line): line ?? 0
    case .environment: Int.max
    }
}

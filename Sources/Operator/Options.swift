// A command's options, read by glibc's getopt_long.
import Linux

package struct Options {
    package struct Known {
        package let name: String
        /// nil for a flag; else what its value is called in the help.
        package let value: String?
        package let help: String

        package init(name: String, value: String?, help: String) {
            self.name = name
            self.value = value
            self.help = help
        }
    }

    package private(set) var values: [String: String] = [:]
    package private(set) var operands: [String] = []

    /// Reads `arguments` (without the command); wrong ones are said on stderr and give nil.
    package init?(_ arguments: [String], known: [Known], command: String, program: String = "clickd") {
        var table: [option] = []
        var memory: [UnsafeMutablePointer<CChar>?] = []
        defer { for text in memory { free(text) } }
        for (index, known) in known.enumerated() {
            let name = strdup(known.name)
            memory.append(name)
            table.append(
                option(
                    name: UnsafePointer(name), has_arg: known.value == nil ? 0 : 1, flag: nil, val: Int32(1000 + index))
            )
        }
        table.append(option())
        var argv: [UnsafeMutablePointer<CChar>?] = ([program + " " + command] + arguments).map { strdup($0) }
        memory.append(contentsOf: argv)
        argv.append(nil)
        clickd_set_optind(0)
        while true {
            let found = getopt_long(Int32(argv.count - 1), &argv, "", table, nil)
            if found == -1 { break }
            guard found >= 1000, Int(found) - 1000 < known.count else { return nil }
            values[known[Int(found) - 1000].name] = clickd_optarg().map { String(cString: $0) } ?? ""
        }
        operands = argv[Int(clickd_optind())..<(argv.count - 1)].compactMap { $0.map { String(cString: $0) } }
    }

    package subscript(name: String) -> String? { values[name] }
    package func has(_ name: String) -> Bool { values[name] != nil }

    /// A whole number at least `least`; nil where the option is not given, wrong ones throw UsageError.
    package func number(_ name: String, least: Int) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), number >= least else {
            throw UsageError("--\(name) takes a whole number of at least \(least), not \"\(text)\"")
        }
        return number
    }
}

/// A command line that cannot be carried out; exit 2.
package struct UsageError: Error {
    package let text: String
    init(_ text: String) { self.text = text }
}

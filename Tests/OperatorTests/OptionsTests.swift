import Operator
import Testing

// getopt keeps its state for the process.
@Suite(.serialized) struct OptionsTests {
    private func options(_ arguments: [String]) -> Options? {
        let known: [Options.Known] = [
            .init(name: "json", value: nil, help: ""), .init(name: "count", value: "N", help: ""),
        ]
        return Options(arguments, known: known, command: "x")
    }

    @Test("flags, values and operands are told apart in any order")
    func read() throws {
        let some = try #require(options(["file", "--count", "5", "--json", "--", "--other"]))
        #expect(some.has("json"))
        #expect(some["count"] == "5")
        #expect(some.operands == ["file", "--other"])
        let other = try #require(options(["--count=7", "-"]))
        #expect(other["count"] == "7")
        #expect(!other.has("json"))
        #expect(other.operands == ["-"])
        #expect(options([])?.operands == [])
    }

    @Test("unknown options, missing and unwanted values are mistakes")
    func wrong() {
        #expect(options(["--no"]) == nil)
        #expect(options(["--count"]) == nil)
        #expect(options(["--json=1"]) == nil)
        #expect(options(["-x"]) == nil)
    }

    @Test("a number has its bounds, and what is none is said")
    func numbers() throws {
        #expect(try options(["--count=5"])?.number("count", least: 1) == 5)
        #expect(try options([])?.number("count", least: 1) == nil)
        for text in ["0", "x", "", "1.5", "99999999999999999999"] {
            #expect(throws: UsageError.self) { try options(["--count=\(text)"])?.number("count", least: 1) }
        }
    }
}

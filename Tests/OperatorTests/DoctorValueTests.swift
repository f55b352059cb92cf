// The doctor's pure judgements: mount tables, topics, certificates, and how it is shown.
import Kafka
import Linux
import Operator
import Testing

@Suite struct DoctorValueTests {
    @Test("the table is 80 columns wide, problems first, and control characters cannot forge a line")
    func table() {
        let text = DoctorTable.text(
            [
                .ok("a.ok", String(repeating: "well ", count: 40)),
                .warning("b.warning", "may bite\n\u{1B}[31mPROBLEM forged", remedy: "do this"),
                .problem(
                    "c.problem", String(repeating: "bad ", count: 40), remedy: String(repeating: "mend ", count: 30)),
            ], showsAll: true)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines.first?.hasPrefix("PROBLEM  c.problem: bad") == true)
        #expect(!text.contains("\u{1B}"))
        #expect(!lines.dropFirst().contains { $0.hasPrefix("PROBLEM") })
        #expect(lines.last == "3 things looked at: 1 problem, 1 warning")
    }

    @Test("nothing wrong is said in so many words")
    func well() {
        #expect(DoctorTable.text([.ok("a.b", "fine")], showsAll: false) == "1 things looked at: all is well")
    }
}

import TOML
import Testing

@Suite("A TOML text becomes values that know their place") struct TOMLTests {
    private func fault(_ text: String) -> TOMLError? { fault([UInt8](text.utf8)) }

    /// Each has its place in the text, and says something.
    private func fault(_ text: [UInt8]) -> TOMLError? {
        do throws(TOMLError) {
            _ = try TOMLDocument.parse(text: text, file: "f")
            return nil
        } catch {
            let lines = text.count { $0 == 0x0A } + 1
            #expect((1...lines).contains(error.line) && error.column > 0 && !error.text.isEmpty, "\(error)")
            #expect(error.file == "f")
            return error
        }
    }

    @Test("every kind of value is read, in the file's order, with line and column of key and value")
    func values() throws {
        let text = "z = \"ü\"\n[b]\n i = -7\n f = 0.5\n t = true\n d = 2026-01-02\n a = [1, 'x']\n[b.c.d]\nk.l = 1\n"
        let document = try TOMLDocument.parse(text: text, file: "f")
        #expect(document.entries.map(\.key) == ["z", "b"])
        #expect(document.entries[0].value.content == .string("ü"))
        #expect(document.entries[0].position == TOMLPosition(line: 1, column: 1))
        guard case .table(let b) = document.entries[1].value.content else { throw Wrong.shape }
        #expect(b.map(\.key) == ["i", "f", "t", "d", "a", "c"])
        #expect(b.map(\.position.line) == [3, 4, 5, 6, 7, 8])
        #expect(b[0].position.column == 2)
        #expect(b[0].value.position == TOMLPosition(line: 3, column: 6))
        #expect(b[0].value.content == .integer(-7))
        #expect(b[1].value.content == .float(0.5))
        #expect(b[2].value.content == .bool(true))
        #expect(b[3].value.content == .date)
        guard case .array(let elements) = b[4].value.content else { throw Wrong.shape }
        #expect(elements.map(\.content) == [.integer(1), .string("x")])
        #expect(try TOMLDocument.parse(text: "", file: "f").entries.isEmpty)
    }

    @Test("hostile text is an error with its line, and never a crash")
    func hostile() {
        let deep = String(repeating: "a.", count: 400_000)
        #expect(fault("x = 1\n\(deep)a = 1")?.line == 2)
        #expect(fault("[\(deep)a]") != nil)
        #expect(fault("x = " + String(repeating: "[", count: 100_000)) != nil)
        #expect(fault("x = " + String(repeating: "{a=", count: 100_000)) != nil)
        #expect(fault("x = " + String(repeating: "{a.b.c.d=[\n", count: 50_000)) != nil)
        #expect(fault("a = 1\na = 2")?.line == 2)
        #expect(fault("[a]\n[b]\n[a]")?.line == 3)
        #expect(fault("a = 1\nb = \"\0\"") != nil)
        #expect(fault("a = 1\n\0")?.line == 2)
        #expect(fault([0x61, 0x3D, 0x22, 0xFF, 0xFE, 0x22]) != nil)
        #expect(fault([0x22, 0x61, 0xC3, 0x22, 0x3D, 0x31]) != nil)
        #expect(fault(String(repeating: "# comment\n", count: 1_000_000))?.text.contains("1 MiB") == true)
        #expect(fault("a = \"\"\"\n") != nil)
        #expect(fault("a = '\n") != nil)
        #expect(fault("a = 99999999999999999999")?.line == 1)
        #expect(fault("a") != nil)
        #expect(fault("x = 1\n[/a]\n")?.line == 2)
        #expect(fault("x = [1, i\n")?.text.contains("\n") == false)
        #expect(fault("[[/a]]\n") != nil && fault("[a./]\n") != nil)
        #expect(fault("\"\\") != nil)
    }

    @Test("dots in strings, comments and numbers are no parts of a key")
    func dots() {
        let many = String(repeating: ".", count: 200)
        #expect(
            fault("a = \"\(many)\" # \(many)\nb = '\(many)'\nc = \"\"\"\n\(many)\\\"\n\"\"\"\nd = '''\(many)'''") == nil
        )
        #expect(fault("a = [" + String(repeating: "1.5, ", count: 100) + "]") == nil)
    }

    private enum Wrong: Error { case shape }
}

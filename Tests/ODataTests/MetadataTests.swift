// $metadata against the rules of OASIS's CSDL 4.0 that concern a service like this one, read by a small XML reader of the
// test's own; and the choice of an answer's form.
import OData
import Testing

@Suite("Metadata and forms")
struct MetadataTests {
    @Test("$metadata is well-formed CSDL 4.0: every element has its attributes, keys exist and are never null")
    func csdl() throws {
        let root = try Element.read(String(decoding: Metadata.csdl, as: UTF8.self))
        #expect(root.name == "edmx:Edmx" && root.attributes["Version"] == "4.0")
        #expect(root.attributes["xmlns:edmx"] == "http://docs.oasis-open.org/odata/ns/edmx")
        let services = root.children("edmx:DataServices")
        #expect(services.count == 1)
        let schema = try #require(services.first?.children("Schema").first)
        #expect(schema.attributes["xmlns"] == "http://docs.oasis-open.org/odata/ns/edm")
        let namespace = try #require(schema.attributes["Namespace"])
        let containers = schema.children("EntityContainer")
        #expect(containers.count == 1 && containers.first?.attributes["Name"] != nil)
        let types = Dictionary(
            uniqueKeysWithValues: schema.children("EntityType").map { ($0.attributes["Name"] ?? "", $0) })
        let known = ["Edm.String", "Edm.Int32", "Edm.Double", "Edm.DateTimeOffset", "Edm.Date"]
        for (name, type) in types {
            #expect(isIdentifier(name))
            #expect(Set(type.elements.map(\.name)).isSubset(of: ["Key", "Property"]), "no navigation in \(name)")
            let properties = type.children("Property")
            let names = properties.map { $0.attributes["Name"] ?? "" }
            #expect(Set(names).count == names.count && names.allSatisfy(isIdentifier))
            for property in properties {
                #expect(known.contains(property.attributes["Type"] ?? ""))
                #expect(["false", nil].contains(property.attributes["Nullable"]))
                #expect(
                    (property.attributes["Precision"] != nil) == (property.attributes["Type"] == "Edm.DateTimeOffset"))
            }
            let keys = try #require(type.children("Key").first).children("PropertyRef")
            #expect(!keys.isEmpty && type.children("Key").count == 1)
            for key in keys {
                let property = try #require(properties.first { $0.attributes["Name"] == key.attributes["Name"] })
                #expect(property.attributes["Nullable"] == "false", "a key is never null")
                #expect(property.attributes["Type"] != "Edm.Double", "a key is of a type that OData lets be one")
            }
        }
        let sets = try #require(containers.first).children("EntitySet")
        #expect(
            sets.map { $0.attributes["Name"] ?? "" } == [
                "Events", "DailyActivity", "FunnelDaily", "ProductsDaily", "SearchTermsDaily", "WishlistDaily",
            ])
        #expect(types.count == sets.count)
        for set in sets {
            let type = try #require(set.attributes["EntityType"])
            #expect(type.hasPrefix(namespace + ".") && types[String(type.dropFirst(namespace.count + 1))] != nil)
        }
        // Every annotation's term is of a vocabulary that is referred to.
        let aliases = root.children("edmx:Reference").flatMap { $0.children("edmx:Include") }
            .compactMap { $0.attributes["Alias"] }
        let annotations = root.all("Annotation")
        #expect(!annotations.isEmpty)
        for annotation in annotations {
            let term = try #require(annotation.attributes["Term"])
            #expect(aliases.contains(String(term.prefix { $0 != "." })))
        }
    }

    private func isIdentifier(_ text: String) -> Bool {
        text.first?.isLetter == true && text.utf8.count <= 128 && text.allSatisfy { $0.isLetter || $0.isNumber }
    }

    /// What Power Query sends with every request.
    static let powerQuery =
        "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
        + "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"

    @Test(
        "Accept and $format choose the form",
        arguments: [
            (nil, nil, Form.json(.minimal)), ("*/*", nil, .json(.minimal)), (powerQuery, nil, .json(.minimal)),
            ("application/json;odata.metadata=full", nil, .json(.full)), ("text/html", "json", .json(.minimal)),
            ("application/json;q=0.1,application/json;odata.metadata=none", nil, .json(.none)),
            (
                "application/json;odata.metadata=minimal;q=0,application/json;odata.metadata=full;q=0.2", nil,
                .json(.full)
            ),
            (nil, "application/json;odata.metadata=none", .json(.none)),
        ] as [(String?, String?, Form)])
    func forms(accept: String?, format: String?, expected: Form) throws {
        #expect(try Form.chosen(Form.data, format: format, accept: accept) == expected)
    }

    @Test(
        "what is not offered is 406",
        arguments: [("application/atom+xml", nil), (nil, "atom"), ("application/json;q=0", nil), (nil, "xml")]
            as [(String?, String?)])
    func noForm(accept: String?, format: String?) {
        let fault = #expect(throws: Fault.self) { try Form.chosen(Form.data, format: format, accept: accept) }
        #expect(fault?.status == 406)
    }

    @Test("$metadata comes as XML to Power Query, which asks for JSON first")
    func metadataForm() throws {
        #expect(try Form.chosen([.xml], format: nil, accept: MetadataTests.powerQuery) == .xml)
    }

    @Test("preferences are read in any case and order")
    func preferences() {
        let some = Preferences("return=minimal, ODATA.maxpagesize=7, omit-values=\"nulls\"")
        #expect(some.omitsNulls && some.maxPageSize == 7)
        let none = Preferences("odata.maxpagesize=0, omit-values=defaults")
        #expect(!none.omitsNulls && none.maxPageSize == nil)
    }

    @Test("tokens in addresses come back as the bytes they were", arguments: 0..<70)
    func base64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
        let text = Base64URL.text(bytes)
        #expect(Base64URL.bytes(text) == bytes)
        // Nothing that would have to be escaped, and three bytes in four characters.
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }, "\(text)")
        #expect(text.utf8.count == (count * 4 + 2) / 3)
    }

    @Test(
        "paths name resources, or say what is wrong with them",
        arguments: [
            ("/odata/$batch", 501), ("/odata/Nope", 404), ("/odata/Events('a')/Time", 501), ("/odata/Events/", nil),
            ("/odata/Events('it''s)/(')", nil), ("/odata/Events(1)", 400), ("/odata/Events()", 400),
            ("/odata/DailyActivity(Date=2026-11-01,Activity='search')", nil),
            ("/odata/DailyActivity(Activity='search')", 400), ("/odata/DailyActivity(2026-11-01,'search')", 400),
            ("/odata/DailyActivity(Date=2026-11-01,Date=2026-11-01)", 400), ("/odata/$entity", 501),
            ("/odata/$crossjoin(Events)", 501), ("/odata/Events('a", 400), ("/odata", nil), ("/odata/", nil),
        ] as [(String, Int?)])
    func paths(path: String, status: Int?) {
        do throws(Fault) {
            _ = try Resource.parse(path)
            #expect(status == nil, "\(path)")
        } catch {
            #expect(error.status == status, "\(path): \(error.message)")
        }
    }
}

/// An element of an XML text without entities, comments or CDATA.
struct Element {
    var name: String
    var attributes: [String: String] = [:]
    var elements: [Element] = []

    func children(_ name: String) -> [Element] { elements.filter { $0.name == name } }
    func all(_ name: String) -> [Element] { children(name) + elements.flatMap { $0.all(name) } }

    struct Malformed: Error { let text: String }

    static func read(_ text: String) throws -> Element {
        var open: [Element] = [Element(name: "")]
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { throw Malformed(text: "no >") }
            var tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                let done = open.removeLast()
                guard done.name == tag.dropFirst(), !open.isEmpty else { throw Malformed(text: "</\(tag)>") }
                open[open.count - 1].elements.append(done)
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            if isEmpty { tag = tag.dropLast() }
            var element = Element(name: String(tag.prefix { $0 != " " }))
            tag = tag.dropFirst(element.name.count)
            while let equals = tag.firstIndex(of: "=") {
                let name = tag[..<equals].filter { $0 != " " && $0 != "\n" }
                let quoted = tag[tag.index(after: equals)...]
                guard quoted.first == "\"", let close = quoted.dropFirst().firstIndex(of: "\"") else {
                    throw Malformed(text: "attribute \(name)")
                }
                guard element.attributes[name] == nil else { throw Malformed(text: "\(name) twice") }
                element.attributes[name] = String(quoted[quoted.index(after: quoted.startIndex)..<close])
                tag = quoted[quoted.index(after: close)...]
            }
            if isEmpty { open[open.count - 1].elements.append(element) } else { open.append(element) }
        }
        guard open.count == 1, open[0].elements.count == 1 else { throw Malformed(text: "not closed") }
        return open[0].elements[0]
    }
}

// The service document and $metadata: what the model offers, in JSON and in CSDL XML 4.0 with the capabilities that
// programs look for before they ask (no $batch, no $expand, no changes).
import JSON

package enum Metadata {
    package static func service(_ base: String, _ level: MetadataLevel) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { o in
            if level != .none { o.member("@odata.context", base + "$metadata") }
            o.key("value")
            o.array { list in
                for set in Model.sets {
                    list.object {
                        $0.member("name", set.name)
                        $0.member("kind", "EntitySet")
                        $0.member("url", set.name)
                    }
                }
            }
        }
        return writer.bytes
    }

    package static let csdl: [UInt8] = {
        var text = """
            <?xml version="1.0" encoding="utf-8"?>
            <edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
              <edmx:Reference Uri="https://docs.oasis-open.org/odata/odata/v4.0/os/vocabularies/Org.OData.Capabilities.V1.xml">
                <edmx:Include Namespace="Org.OData.Capabilities.V1" Alias="Capabilities"/>
              </edmx:Reference>
              <edmx:DataServices>
                <Schema Namespace="\(Model.namespace)" xmlns="http://docs.oasis-open.org/odata/ns/edm">

            """
        for set in Model.sets { text += entityType(set) }
        text += "      <EntityContainer Name=\"\(Model.container)\">\n"
        for set in Model.sets {
            text += "        <EntitySet Name=\"\(set.name)\" EntityType=\"\(Model.namespace).\(set.type)\">\n"
            for (change, claim) in [("Insert", "Insertable"), ("Update", "Updatable"), ("Delete", "Deletable")] {
                text += restriction("\(change)Restrictions", claim)
            }
            text += "        </EntitySet>\n"
        }
        text += capabilities
        text += "      </EntityContainer>\n    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n"
        return Array(text.utf8)
    }()

    private static func entityType(_ set: EntitySet) -> String {
        var text = "      <EntityType Name=\"\(set.type)\">\n        <Key>\n"
        for key in set.keys { text += "          <PropertyRef Name=\"\(key.name)\"/>\n" }
        text += "        </Key>\n"
        for column in set.columns {
            text += "        <Property Name=\"\(column.name)\" Type=\"\(column.type.rawValue)\""
            if !column.isNullable { text += " Nullable=\"false\"" }
            if column.type == .instant { text += " Precision=\"3\"" }
            text += "/>\n"
        }
        return text + "      </EntityType>\n"
    }

    /// `<Annotation Term="Capabilities.InsertRestrictions"><Record><PropertyValue Property="Insertable" Bool="false"/>…`
    private static func restriction(_ term: String, _ property: String) -> String {
        """
                  <Annotation Term="Capabilities.\(term)">
                    <Record>
                      <PropertyValue Property="\(property)" Bool="false"/>
                    </Record>
                  </Annotation>

        """
    }

    private static let capabilities: String = {
        let functions = Filter.TextTest.allCases.map(\.rawValue) + Filter.Part.allCases.map(\.rawValue)
        var text = "        <Annotation Term=\"Capabilities.BatchSupported\" Bool=\"false\"/>\n"
        text += "        <Annotation Term=\"Capabilities.KeyAsSegmentSupported\" Bool=\"false\"/>\n"
        text += "        <Annotation Term=\"Capabilities.AsynchronousRequestsSupported\" Bool=\"false\"/>\n"
        text += "        <Annotation Term=\"Capabilities.FilterFunctions\">\n          <Collection>\n"
        for function in functions { text += "            <String>\(function)</String>\n" }
        return text + "          </Collection>\n        </Annotation>\n"
    }()
}

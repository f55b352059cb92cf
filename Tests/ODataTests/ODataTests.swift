import OData
import Testing

@Suite("OData") struct ODataTests {}

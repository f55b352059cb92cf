// The fuzzer's way in: libFuzzer calls these with bytes that it makes up, and FUZZ_TARGET says what reads them. A
// promise that does not hold ends the process, as a crash does; libFuzzer then keeps the input.
import Linux

/// What reads an input. Each makes whatever it needs once and keeps it.
protocol Target {
    init() throws
    mutating func read(_ input: UnsafeRawBufferPointer) throws
}

nonisolated(unsafe) private let targets: [String: any Target.Type] = [
    "lines": LinesTarget.self, "datagrams": DatagramsTarget.self, "packed": PackedTarget.self,
    "ledger": LedgerTarget.self, "pages": PagesTarget.self, "toml": TOMLTarget.self, "settings": SettingsTarget.self,
    "control": ControlTarget.self, "segment": SegmentTarget.self, "cloudevents": CloudEventsTarget.self,
    "filter": FilterTarget.self,
]

nonisolated(unsafe) private var target: (any Target)?

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let kind = targets[name] else {
        print("FUZZ_TARGET is one of:", targets.keys.sorted().joined(separator: " "))
        exit(2)
    }
    do { target = try kind.init() } catch { fatalError("\(name): \(error)") }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func readOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do { try target?.read(UnsafeRawBufferPointer(start: bytes, count: count)) } catch { fatalError("\(error)") }
    return 0
}

/// A promise of the target's.
func holds(_ claim: Bool, _ promise: @autoclosure () -> String) {
    if !claim { fatalError("does not hold: \(promise())") }
}

/// A copy of `bytes` with `padding` readable bytes behind it, of any content.
func withPadding<Result>(
    _ bytes: some Collection<UInt8>, _ padding: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let padded = Array(bytes) + [UInt8](repeating: 0x7B, count: padding)
    return try padded.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<bytes.count])) }
}

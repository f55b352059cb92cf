import Linux
import TestSupport
import Testing

@Suite struct PartsTests {
    @Test("every number is in one part, and the parts come in order", arguments: [0, 1, 9, 10, 11, 39, 40, 1000])
    func covers(count: Int) {
        let parts = Parts.map(count, smallest: 10) { Array($0) }
        #expect(parts.flatMap { $0 } == Array(0..<count))
        #expect(parts.count <= max(1, count / 10))
    }

    @Test("parts run at once where there are processors for it")
    func atOnce() {
        guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return }
        let arrived = Guarded(0)
        // Each waits for another: one after the other they would wait in vain.
        let met = Parts.map(4, smallest: 1) { _ in
            arrived.update { $0 += 1 }
            return arrived.wait(until: Monotonic.now.adding(milliseconds: 60_000)) { $0 > 1 ? true : nil } == true
        }
        #expect(met.count > 1 && met.allSatisfy { $0 })
    }

    @Test("pages grow with what they hold, at a huge page's begin, the rest zero")
    func pages() throws {
        let page = Int(CLICKD_HUGE_PAGE)
        var (pages, had) = (UnsafeMutableRawPointer?.none, 0)
        for wanted in [page, 3 * page, 4 * page, 16 * page] {
            let grown = try #require(clickd_pages_grow(pages, had, wanted))
            #expect(Int(bitPattern: grown) % page == 0)
            for place in stride(from: 0, to: wanted, by: 4096) {
                let word = grown.load(fromByteOffset: place, as: Int.self)
                if word != (place < had ? place + 1 : 0) { Issue.record("byte \(place) of \(wanted): \(word)") }
                grown.storeBytes(of: place + 1, toByteOffset: place, as: Int.self)
            }
            (pages, had) = (grown, wanted)
        }
        // More than any address space has is an error, and takes nothing away.
        #expect(clickd_pages_grow(pages, had, 1 << 60) == nil)
        #expect(pages?.load(fromByteOffset: page, as: Int.self) == page + 1)
        clickd_pages_free(pages, had)
    }
}

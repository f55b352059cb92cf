// Items read on one thread a few ahead of the thread that uses them: while a report counts one segment, the next is
// fetched and decoded.
import Linux
import Mongo

final class ReadAhead<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var isOver = false
        var failure: MongoError?
        var isUnwanted = false
    }

    private let state = Guarded(State())
    private let most: Int

    /// At most `most` items wait.
    init(_ most: Int) { self.most = most }

    // MARK: The reading side

    /// Waits for room. False: nobody wants more.
    func give(_ item: Item) -> Bool {
        let isWanted = state.wait { state -> Bool? in
            state.isUnwanted ? false : state.items.count < most ? true : nil
        }
        guard isWanted == true else { return false }
        state.update { $0.items.append(item) }
        return true
    }

    func finish(_ failure: MongoError?) {
        state.update {
            $0.isOver = true
            $0.failure = failure
        }
    }

    // MARK: The using side

    /// The next item, once it is there; nil after the last.
    func next() throws(MongoError) -> Item? {
        let next: (item: Item?, failure: MongoError?)? = state.wait { state in
            state.items.isEmpty ? state.isOver ? (nil, state.failure) : nil : (state.items.removeFirst(), nil)
        }
        state.update { _ in }
        if let failure = next?.failure { throw failure }
        return next?.item
    }

    func stop() { state.update { $0.isUnwanted = true } }
}

// A simulated person, as the shop's pages know one: by an anonymous id on a device, from some moment on also by an
// account. What a visit leaves behind (cart, wishes) is there at the next.

package struct Shopper: Sendable {
    /// From 1, in the order of first visits.
    package let number: Int
    package let device: Int
    /// Drawn once a person: some look, some buy. About 1.
    let keenness: Double
    /// Whether there is an account to sign in to; an order may make one.
    var hasAccount: Bool
    /// Stays so between visits, as browsers remember it.
    package internal(set) var isSignedIn = false
    package internal(set) var visits = 0
    /// The day of the last visit, from 1970-01-01.
    package internal(set) var lastDay = 0
    var cart = Cart()
    /// Wished for and not yet bought, oldest first.
    var wishes: [Int] = []

    init(number: Int, _ chance: inout Chance) {
        self.number = number
        device = Device.weights.pick(&chance)
        keenness = 0.4 + 1.2 * chance.unit()
        hasAccount = chance.happens(0.18)
    }
}

// A cart and the order it becomes: whole cents, the sums as Segment's e-commerce events name them.

package struct Cart: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        /// Its place in the catalogue.
        package let product: Int
        package var quantity: Int
    }

    package private(set) var lines: [Line] = []

    package init() {}

    package var isEmpty: Bool { lines.isEmpty }
    package var cents: Int { lines.reduce(0) { $0 + Catalogue.products[$1.product].price * $1.quantity } }

    package mutating func add(_ product: Int, _ quantity: Int) {
        if let index = lines.firstIndex(where: { $0.product == product }) {
            lines[index].quantity += quantity
        } else {
            lines.append(Line(product: product, quantity: quantity))
        }
    }

    /// Takes a line out; nil where that product is not in the cart.
    package mutating func remove(_ product: Int) -> Line? {
        lines.firstIndex { $0.product == product }.map { lines.remove(at: $0) }
    }
}

package struct Order: Sendable, Equatable {
    package let cart: Cart
    /// nil: none, the full price.
    package let coupon: String?

    package init(cart: Cart, coupon: String?) {
        self.cart = cart
        self.coupon = coupon
    }

    package var discount: Int { coupon == nil ? 0 : cart.cents / 10 }
    /// Goods after the discount, before shipping.
    package var revenue: Int { cart.cents - discount }
    /// Free from 150 euro on.
    package var shipping: Int { revenue >= 15_000 ? 0 : 690 }
    package var total: Int { revenue + shipping }
}

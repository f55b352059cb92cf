// What happens in shops: the one table from the names senders use (Segment, its first version, GA4) to activities.
import JSON

public enum Activity: UInt8, Sendable, CaseIterable {
    case viewProduct, addToCart, removeFromCart, proceedToCheckout, search, addToWishlist, order

    public var name: StaticString {
        switch self {
        case .viewProduct: "view_product"
        case .addToCart: "add_to_cart"
        case .removeFromCart: "remove_from_cart"
        case .proceedToCheckout: "proceed_to_checkout"
        case .search: "search"
        case .addToWishlist: "add_to_wishlist"
        case .order: "order"
        }
    }

    /// The event names of this activity.
    public var eventNames: [StaticString] {
        switch self {
        case .viewProduct: ["Product Viewed", "Viewed Product", "view_item"]
        case .addToCart: ["Product Added", "Added Product", "add_to_cart"]
        case .removeFromCart: ["Product Removed", "Removed Product", "remove_from_cart"]
        case .proceedToCheckout: ["Checkout Started", "Started Order", "begin_checkout"]
        case .search: ["Products Searched", "search"]
        case .addToWishlist: ["Product Added to Wishlist", "add_to_wishlist"]
        case .order: ["Order Completed", "Completed Order", "purchase"]
        }
    }

    private static let names: [(StaticString, Activity)] = allCases.flatMap { activity in
        activity.eventNames.map { ($0, activity) }
    }

    /// The activity of an event's name; nil for names that are none.
    public static func named(_ event: UnsafeBufferPointer<UInt8>) -> Activity? {
        for (name, activity) in names where event.equals(name) { return activity }
        return nil
    }
}

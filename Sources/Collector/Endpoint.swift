// The collector's paths, and what each takes.

enum Endpoint: Equatable {
    case segment(SegmentPath)
    case cloudEvents
    case pixel

    init?(_ path: String) {
        switch path {
        case "/v1/events": self = .cloudEvents
        case "/v1/pixel.gif": self = .pixel
        default:
            guard let segment = SegmentPath(path) else { return nil }
            self = .segment(segment)
        }
    }
}

/// The content types of bodies, without their parameters.
enum BodyType: Equatable {
    case json, cloudEvent, cloudBatch, other

    /// A missing type is taken for JSON, as is the text that pages send without asking first.
    init(_ header: String?) {
        let name = (header ?? "").prefix { $0 != ";" }.trimmed.lowercased()
        switch name {
        case "", "application/json", "text/plain": self = .json
        case "application/cloudevents+json": self = .cloudEvent
        case "application/cloudevents-batch+json": self = .cloudBatch
        default: self = .other
        }
    }
}

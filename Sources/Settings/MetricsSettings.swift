// [metrics]: numbers for Prometheus, and health.

/// What stands in `[metrics]`.
public struct MetricsSettings: Sendable, Equatable {
    /// Address of /metrics, /healthz and /readyz; nil (`""`): none. Default nil.
    public var listen: ListenAddress?

    public init() {}
}

extension MetricsSettings {
    static var keys: [Key] {
        [
            Key(
                "metrics.listen", \.metrics.listen, .optionalAddress, "Prometheus text at /metrics; /healthz, /readyz.",
                reload: .restart)
        ]
    }
}

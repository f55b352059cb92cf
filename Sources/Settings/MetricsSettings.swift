// [metrics]: numbers for Prometheus, and health.

/// What stands in `[metrics]`.
public struct MetricsSettings: Sendable, Equatable {
    /// Address of /metrics, /healthz and /readyz; nil (`""`): none. Default nil.
    public var listen: ListenAddress?

    public init() {}
}

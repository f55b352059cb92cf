// How the daemon is, in a word: the same for status, metrics and health.
import Pipeline

enum DaemonState: String, CaseIterable {
    case running, degraded, stopping

    init(_ pipeline: Pipeline) {
        self = pipeline.isStopping ? .stopping : pipeline.conditions.all.isEmpty ? .running : .degraded
    }
}

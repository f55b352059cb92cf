// The collections that roll-ups are kept in, beside the events. Others refer to them here alone.
import Mongo

public enum RollupNames {
    /// Segments.
    public static let segments = "rollups"
    /// Minutes whose events changed since they were rolled up.
    public static let marks = "rollup_marks"
    /// The writer's lease, and counts that outlive it.
    public static let state = "rollup_state"
    /// The `a:` that each user id was last seen with.
    public static let people = "rollup_people"
    /// Erased visitors whose events may still come.
    public static let suppressions = "suppressions"

    public static let all = [segments, marks, state, people, suppressions]
}

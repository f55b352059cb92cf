// Numbers over time as a row of blocks, each as high as its number; a row of dots to `#` where the terminal has ASCII only.

package enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let ascii: [Character] = [".", ":", "-", "=", "+", "*", "%", "#"]

    /// The last `width` of `values`. The highest of them fills the line, nothing at all is a blank.
    package static func text(_ values: [Double], width: Int, look: Look) -> String {
        let shown = values.suffix(max(0, width))
        let levels = look.isUnicode ? blocks : ascii
        let highest = shown.max() ?? 0
        return String(
            shown.map { value -> Character in
                guard value.isFinite, value > 0, highest > 0, highest.isFinite else { return " " }
                return levels[min(levels.count - 1, Int(value / highest * Double(levels.count)))]
            })
    }
}

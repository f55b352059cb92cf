// Where the pages, styles and scripts lie.
import Linux

enum WebFolder {
    private static let installed = "/usr/share/clickd-web"

    /// The folder: what the command line says, else the environment, else the installed one, else that of the source tree.
    static func find(_ option: String?) -> String {
        if let option { return option }
        if let variable = getenv("CLICKD_WEB_FILES") { return String(cString: variable) }
        return Files.exists(installed) ? installed : "web"
    }
}

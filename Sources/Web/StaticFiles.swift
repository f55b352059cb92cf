// The files of the web folder, read once at start: what is not in the table does not exist, so no address leads out of
// the folder. Texts are kept gzipped beside themselves; an ETag saves sending what the browser has.
import HTTP
import Linux

struct StaticFiles: Sendable {
    private struct File: Sendable {
        let etag: String
        let plain: Response
        let gzipped: Response?
        let unchanged: Response
    }

    /// By path below the folder: "shop/index.html".
    private let files: [String: File]

    /// No files at all.
    static var none: StaticFiles { StaticFiles(files: [:]) }

    /// Reads every file below `folder`; hidden ones, and what is no file, are left out.
    static func read(_ folder: String) throws(SystemError) -> StaticFiles {
        var files: [String: File] = [:]
        var folders = [""]
        while let below = folders.popLast() {
            for name in try names(in: folder + "/" + below) where !name.hasPrefix(".") {
                let path = below + name
                var status = stat()
                guard stat(folder + "/" + path, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    folders.append(path + "/")
                } else if status.st_mode & S_IFMT == S_IFREG {
                    files[path] = file(path, try Files.read(folder + "/" + path))
                }
            }
        }
        return StaticFiles(files: files)
    }

    private init(files: [String: File]) { self.files = files }

    private static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemError("read folder \(folder)") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func file(_ path: String, _ bytes: [UInt8]) -> File {
        let type = type(of: path)
        let crc = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        let etag = "\"\(String(bytes.count, radix: 16))-\(String(crc, radix: 16))\""
        // Browsers ask each time whether it changed: a new version is seen at once.
        var headers: [Response.Header] = [("ETag", etag), ("Cache-Control", "no-cache")]
        let policy: Response.Policy = type.hasPrefix("text/html") ? .page : .inert
        // The tracker is loaded by pages of other hosts.
        if path == "clickd.js" { headers.append(("Cross-Origin-Resource-Policy", "cross-origin")) }
        let isText = type.hasPrefix("text/") || type.contains("json") || type.contains("svg")
        if isText { headers.append(("Vary", "Accept-Encoding")) }
        let gzipped = isText ? Gzip.deflate(bytes).flatMap { $0.count < bytes.count ? $0 : nil } : nil
        return File(
            etag: etag, plain: Response(200, type: type, body: bytes, headers: headers, policy: policy),
            gzipped: gzipped.map {
                Response(200, type: type, body: $0, headers: headers + [("Content-Encoding", "gzip")], policy: policy)
            }, unchanged: Response(304, headers: headers, policy: policy))
    }

    private static func type(of path: String) -> String {
        switch path.split(separator: ".").last ?? "" {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "webmanifest": "application/manifest+json"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }

    /// The file at `path` below the folder, as this request wants it; nil: there is none.
    func answer(_ path: String, _ request: Request) -> Response? {
        guard let file = files[path] else { return nil }
        if let known = request.text("If-None-Match"), known == "*" || known.contains(file.etag) {
            return file.unchanged
        }
        let takesGzip = request.text("Accept-Encoding")?.lowercased().contains("gzip") ?? false
        return takesGzip ? file.gzipped ?? file.plain : file.plain
    }

    /// A file of a folder with pages that are drawn by a script: an address that is no file is its `index.html`.
    func page(_ folder: String, _ path: String, _ request: Request) -> Response? {
        if let answer = answer(folder + "/" + path, request) { return answer }
        let last = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        return last.contains(".") ? nil : answer(folder + "/index.html", request)
    }
}

internal import Events
internal import Foundation
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import Crypto

/// The built console, read into memory once: an index page and hashed assets. Nothing else on the disk can be reached.
package struct ConsoleFiles: RouteArea {
    private struct File: Sendable {
        var body: ByteBuffer
        var contentType: String
        var entityTag: String
    }
    private let files: [String: File]

    /// What the page may do: scripts, styles, images and connections of its own origin, and nothing else.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// Reads the folder that `console/build` wrote; an absent folder gives a page that says how to build it.
    package init(folder: String) {
        var files: [String: File] = [:]
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        for name in names {
            guard let data = FileManager.default.contents(atPath: folder + "/" + name),
                let type = Self.contentTypes[String(name.split(separator: ".").last ?? "")]
            else { continue }
            let digest = SHA256.hash(data: data).prefix(12).map { String(format: "%02x", $0) }.joined()
            files["/" + name] = File(body: ByteBuffer(bytes: data), contentType: type, entityTag: "\"\(digest)\"")
        }
        if files["/index.html"] == nil {
            let page =
                "<!doctype html><html lang=\"en\"><title>Daybook</title><h1>The console is not built</h1>"
                + "<p>The API is running. Build the page with <code>make console</code> and start Daybook again.</p></html>"
            files["/index.html"] = File(
                body: ByteBuffer(string: page), contentType: Self.contentTypes["html"]!, entityTag: "\"none\"")
        }
        self.files = files
    }

    private static let contentTypes = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "json": "application/json",
        "txt": "text/plain; charset=utf-8", "woff2": "font/woff2", "webmanifest": "application/manifest+json",
    ]

    package func add(to routes: Router<DaybookContext>) {
        for path in files.keys {
            routes.get(RouterPath(path)) { request, _ in answer(request, path: path) }
        }
        routes.get("/") { request, _ in answer(request, path: "/index.html") }
    }

    private func answer(_ request: Request, path: String) -> Response {
        guard let file = files[path] else { return Response(status: .notFound) }
        let isHashed = path.hasPrefix("/assets/")
        let headers: HTTPFields = [
            .contentType: file.contentType, .eTag: file.entityTag,
            .cacheControl: isHashed ? "public, max-age=31536000, immutable" : "no-cache",
            .contentSecurityPolicy: Self.contentSecurityPolicy,
        ]
        if request.headers[.ifNoneMatch] == file.entityTag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.body))
    }
}

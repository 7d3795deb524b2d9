internal import HTTPTypes
internal import Hummingbird

/// Which methods each address takes: for answers to a method that it does not.
struct RouteTable: Sendable {
    private struct Entry {
        /// Nil for a part that stands for any.
        var parts: [String?]
        var methods: Set<String>
        var parametersCount: Int { parts.count { $0 == nil } }
    }
    private let entries: [Entry]

    init(_ routes: [Router<DaybookContext>.RouteDescription]) {
        var methods: [String: Set<String>] = [:]
        for route in routes { methods[route.path.description, default: []].insert(route.method.rawValue) }
        entries = methods.map { path, methods in
            let parts = path.split(separator: "/").map { part in
                part.hasPrefix("{") || part.hasPrefix(":") ? nil : String(part)
            }
            return Entry(
                parts: parts, methods: methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]))
        }.sorted { $0.parametersCount < $1.parametersCount }
    }

    /// The value of `Allow` (RFC 9110 section 10.2.1) for an address; nil when nothing is there.
    func allowed(at path: String) -> String? {
        let parts = path.split(separator: "/")
        let found = entries.first { entry in
            entry.parts.count == parts.count
                && zip(entry.parts, parts).allSatisfy { known, part in known.map { $0 == part } ?? true }
        }
        return found?.methods.sorted().joined(separator: ", ")
    }
}

internal import Events
internal import HTTPTypes
internal import Hummingbird

/// The versioned shapes of answers: every answer of the query API says which one it is (`contract`), and a client may insist
/// on one (`Accept-Contract: NAME;v=1`).
enum AcceptContract {
    static let field = HTTPField.Name("Accept-Contract")!
    /// Versions served of every contract, newest first.
    static let versions = [1]

    /// Throws `contract_version_unsupported` unless one of the header's alternatives is served. No header accepts all.
    static func check(_ header: String?, _ name: String) throws(Problem) {
        guard let header, !header.allSatisfy(\.isWhitespace) else { return }
        for alternative in header.split(separator: ",") {
            let parts = alternative.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let wanted = parts.first, wanted == name || wanted == "*" else { continue }
            guard parts.count > 1 else { return }
            if parts.count == 2, versions.contains(where: { parts[1] == "v=\($0)" }) { return }
        }
        let served = versions.map { "\(name);v=\($0)" }.joined(separator: ", ")
        let numbers = versions.map(String.init).joined(separator: ",")
        throw Problem(
            .contractVersionUnsupported,
            "This route does not serve '\(header.prefix(80))'. Send `Accept-Contract: \(served)`, or leave the header out.",
            members: ["contracts": "[{\"name\":\(JSONText.quoted(name)),\"versions\":[\(numbers)]}]"])
    }
}

extension Router where Context == DaybookContext {
    /// A route whose answer is of a contract: whether it is served is asked before anything is done.
    func on(
        _ path: RouterPath, method: HTTPRequest.Method = .get, contract: String,
        use answer: @escaping @Sendable (Request, DaybookContext) async throws -> Response
    ) {
        on(path, method: method) { request, context in
            try AcceptContract.check(request.headers.value(AcceptContract.field), contract)
            return try await answer(request, context)
        }
    }
}

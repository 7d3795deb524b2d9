/// The published form of the error catalogue.
package enum ErrorCatalogue {
    /// `contracts/errors.json`: every code with its status, category, title and whether a retry can help.
    package static func json() -> String {
        var out = [UInt8]()
        out.append(contentsOf: "{\n  \"contract\": {\"name\": \"errors\", \"version\": 1},\n  \"errors\": [\n".utf8)
        let codes = ErrorCode.allCases.sorted { $0.rawValue < $1.rawValue }
        for (index, code) in codes.enumerated() {
            out.append(contentsOf: "    {\"code\": ".utf8)
            JSONText.appendString(code.rawValue, to: &out)
            out.append(contentsOf: ", \"status\": \(code.status), \"category\": ".utf8)
            JSONText.appendString(code.category.rawValue, to: &out)
            out.append(contentsOf: ", \"retryable\": \(code.isRetryable), \"title\": ".utf8)
            JSONText.appendString(code.title, to: &out)
            out.append(contentsOf: index + 1 < codes.count ? "},\n".utf8 : "}\n".utf8)
        }
        out.append(contentsOf: "  ]\n}\n".utf8)
        return String(decoding: out, as: UTF8.self)
    }
}

package import Events
internal import Wire

/// A web form's body (`application/x-www-form-urlencoded`, WHATWG URL section 5.1), as a submission.
///
/// Names are those of `SubmissionTarget`. Four more are the form's own: the honeypot, `idempotency_key`,
/// `success_redirect` and `failure_redirect`. A checkbox for consent says yes with `on`, `true`, `yes` or `1`, also beside a
/// hidden field that says no. Empty fields count as left out: a browser sends every field of a form.
package struct FormBody: Sendable {
    /// The body of `POST …/leads`.
    package var submission: [UInt8] = []
    package var idempotencyKey: String?
    package var successRedirect: String?
    package var failureRedirect: String?
    package var isHoneypotFilled = false
    /// The names as the page wrote them, by the pointer under which a refusal names them.
    package var names: [String: String] = [:]

    /// Fields of a form that are looked at.
    static let pairsMax = 200

    /// Throws `form_body_invalid`.
    package init(_ bytes: [UInt8], honeypot: String) throws(Problem) {
        var body = SubmissionBody()
        var unknown: [FieldProblem] = []
        var consent: Bool?
        for (name, value) in try Self.pairs(bytes) {
            switch name {
            case honeypot: isHoneypotFilled = isHoneypotFilled || !value.isEmpty
            case "idempotency_key": idempotencyKey = value.isEmpty ? nil : value
            case "success_redirect": successRedirect = value.isEmpty ? nil : value
            case "failure_redirect": failureRedirect = value.isEmpty ? nil : value
            default:
                guard let target = SubmissionTarget(name) else {
                    unknown.append(
                        FieldProblem(
                            pointer: "/" + bounded(name, bytesMax: 64), code: .fieldUnknown,
                            message: "There is no such field. Known: \(SubmissionTarget.known)."))
                    continue
                }
                names[target.pointer] = bounded(name, bytesMax: 80)
                guard !value.isEmpty else { continue }
                if target.path == ["consent"] {
                    consent = (consent ?? false) || SubmissionBody.isYes(value)
                } else {
                    body.set(target.path, json: Self.json(value, target))
                }
            }
        }
        guard unknown.isEmpty else {
            throw Problem(
                .formBodyInvalid,
                "The form has a field that a submission does not know: \(unknown[0].pointer.dropFirst()).",
                fields: Array(unknown.prefix(Limits.problemsMax)))
        }
        if let consent { body.set(["consent"], json: consent ? "true" : "false") }
        submission = body.json
    }

    private static func json(_ value: String, _ target: SubmissionTarget) -> String {
        switch target.path[0] {
        case "retry" where ColumnMap.isJSONScalar(value): value
        default: JSONText.quoted(value)
        }
    }

    private static func pairs(_ bytes: [UInt8]) throws(Problem) -> [(name: String, value: String)] {
        var out: [(String, String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            guard out.count < pairsMax else {
                throw Problem(.formBodyInvalid, "A form may have at most \(pairsMax) fields.")
            }
            let cut = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard let name = decoded(part[..<cut]),
                let value = decoded(cut == part.endIndex ? [] : part[part.index(after: cut)...])
            else {
                throw Problem(
                    .formBodyInvalid,
                    "A field of the form is not UTF-8. Add accept-charset=\"utf-8\" to the form element.")
            }
            out.append((name, value))
        }
        return out
    }

    /// Percent-decoding: `+` is a space, a `%` without two hex digits stands for itself. Nil when it is not UTF-8.
    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var out: [UInt8] = []
        var at = bytes.startIndex
        while at < bytes.endIndex {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.endIndex, let high = digit(bytes[at + 1]),
                let low = digit(bytes[at + 2])
            {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(bytes[at] == UInt8(ascii: "+") ? 32 : bytes[at])
                at += 1
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

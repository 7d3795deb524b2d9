internal import Events

/// What an admin asks of a form, as sent; `checked` gives the canonical form or says what is wrong.
package struct FormSettings: Hashable, Sendable {
    package var isEnabled: Bool
    package var redirectTargets: [String]
    package var successRedirect: String?
    package var failureRedirect: String?
    package var allowedOrigins: [String]
    package var honeypot: String

    /// A name that a program takes for a field and a person never sees.
    package static let defaultHoneypot = "company_website"
    /// Names that mean something else in a form.
    private static let reserved: Set<String> = [
        "idempotency_key", "success_redirect", "failure_redirect", "email", "phone", "name", "external_id", "source",
        "channel", "consent", "session_id",
    ]

    package init(
        isEnabled: Bool, redirectTargets: [String], successRedirect: String?, failureRedirect: String?,
        allowedOrigins: [String], honeypot: String?
    ) {
        self.isEnabled = isEnabled
        self.redirectTargets = redirectTargets
        self.successRedirect = successRedirect
        self.failureRedirect = failureRedirect
        self.allowedOrigins = allowedOrigins
        self.honeypot = honeypot ?? Self.defaultHoneypot
    }

    func checked() throws(Problem) -> FormSettings {
        var good = self
        var wrong: [FieldProblem] = []
        let targets = Self.addresses(redirectTargets, "/redirect_targets", WaysInLimits.redirectTargetsMax, &wrong)
        good.redirectTargets = targets.map(\.text)
        good.successRedirect = Self.redirect(successRedirect, "/success_redirect", targets, &wrong)
        good.failureRedirect = Self.redirect(failureRedirect, "/failure_redirect", targets, &wrong)
        let origins = Self.addresses(allowedOrigins, "/allowed_origins", WaysInLimits.originsMax, &wrong)
        for (index, origin) in origins.enumerated() where origin.path != "/" || origin.query != nil {
            wrong.append(
                FieldProblem(
                    pointer: "/allowed_origins/\(index)", code: .fieldValue,
                    message: "Write scheme and host alone, e.g. \(origin.origin)."))
        }
        good.allowedOrigins = origins.map(\.origin)
        if !WaysInLimits.honeypotNameBytes.contains(honeypot.utf8.count) || !FieldRules.isName(honeypot)
            || Self.reserved.contains(honeypot) || honeypot.contains(".")
        {
            wrong.append(
                FieldProblem(
                    pointer: "/honeypot", code: .fieldPattern,
                    message: "1 to 64 letters, digits, _ or -, and no name of a real field."))
        }
        guard wrong.isEmpty else {
            throw Problem(wrong[0].code, "The form cannot be saved: see errors.", fields: wrong)
        }
        return good
    }

    private static func addresses(
        _ texts: [String], _ pointer: String, _ countMax: Int, _ wrong: inout [FieldProblem]
    ) -> [WebAddress] {
        guard texts.count <= countMax else {
            wrong.append(FieldProblem(pointer: pointer, code: .fieldTooMany, message: "At most \(countMax)."))
            return []
        }
        return texts.enumerated().compactMap { index, text in
            if let address = WebAddress(text) { return address }
            wrong.append(
                FieldProblem(
                    pointer: "\(pointer)/\(index)", code: .fieldValue,
                    message:
                        "Write a whole address like https://example.com/thanks, without credentials, spaces or dot segments (http for localhost only)."
                ))
            return nil
        }
    }

    private static func redirect(
        _ text: String?, _ pointer: String, _ targets: [WebAddress], _ wrong: inout [FieldProblem]
    ) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard let address = WebAddress(text), targets.contains(where: address.isWithin) else {
            wrong.append(
                FieldProblem(
                    pointer: pointer, code: .redirectForbidden,
                    message: "Add it, or the address above it, to redirect_targets first."))
            return nil
        }
        return address.text
    }
}

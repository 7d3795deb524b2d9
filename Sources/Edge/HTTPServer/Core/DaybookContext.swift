package import Events
package import Hummingbird
internal import NIOCore

/// What is known about a request on its way through middleware and route.
package struct DaybookContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// `X-Request-Id`: the caller's, when it is well formed, or one of ours. In every answer and every log line.
    package var correlationID: String
    /// W3C trace id (32 hex digits) from `traceparent`, when the caller sent one.
    package var traceID: String?
    /// Who asks; nil on routes that need nobody.
    package var principal: Principal?
    /// The caller's address: as the socket saw it, or as a trusted proxy names it.
    package var remoteAddress: String?

    package init(source: ApplicationRequestContextSource) {
        self.init(source: source, remoteAddress: source.channel.remoteAddress?.ipAddress)
    }

    /// For a connection whose address is known already.
    init(source: ApplicationRequestContextSource, remoteAddress: String?) {
        coreContext = .init(source: source)
        correlationID = ""
        self.remoteAddress = remoteAddress
    }

    /// The principal of an authenticated route.
    package func requirePrincipal() throws(Problem) -> Principal {
        guard let principal else {
            throw Problem(
                .credentialsMissing, "Send `Authorization: Bearer <API key or session token>`.")
        }
        return principal
    }

    /// The project named in the path (`{project_id}`), after checking that the caller may use it so.
    package func project(_ scope: Principal.Scope) throws(Problem) -> ProjectID {
        try project(named: coreContext.parameters.get("project_id"), scope)
    }

    /// The project named by text, after checking that the caller may use it so.
    package func project(named text: String?, _ scope: Principal.Scope) throws(Problem) -> ProjectID {
        let principal = try requirePrincipal()
        guard let text, !text.isEmpty else {
            throw Problem(.parameterMissing, "Name the project: `project_id=prj_…`.")
        }
        guard let id = ProjectID(text) else {
            throw Problem(
                .projectForbidden,
                "These credentials do not belong to the project that the request names. Check the project_id.")
        }
        try principal.require(scope, of: id)
        return id
    }

    /// The project named by text, after checking that the caller may use it in one of these ways; the first one is named
    /// when none is allowed.
    package func project(named text: String?, anyOf scopes: [Principal.Scope]) throws(Problem) -> ProjectID {
        let principal = try requirePrincipal()
        return try project(named: text, scopes.first(where: principal.scopes.contains) ?? scopes[0])
    }

    /// A path parameter by name, percent-decoded.
    package func parameter(_ name: String) throws(Problem) -> String {
        guard let raw = coreContext.parameters.get(name), let text = raw.removingURLPercentEncoding(), !text.isEmpty
        else {
            throw Problem(.parameterMissing, "The address lacks its `\(name)` part.")
        }
        return text
    }

    /// The calendar date in the path part `date`.
    package func date() throws(Problem) -> LogicalDate {
        let text = try parameter("date")
        guard let date = LogicalDate(text) else {
            throw Problem(
                .dateInvalid, "'\(text.prefix(40))' is not a calendar date. Write it as YYYY-MM-DD, e.g. 2026-03-08.")
        }
        return date
    }
}

extension String {
    /// Percent-decoding per RFC 3986; nil when an escape is broken or the result is not UTF-8.
    package func removingURLPercentEncoding(plusIsSpace: Bool = false) -> String? {
        var out = [UInt8]()
        var bytes = utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = bytes.next().flatMap(hexValue), let low = bytes.next().flatMap(hexValue) else {
                    return nil
                }
                out.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: out.append(32)
            default: out.append(byte)
            }
        }
        return String(validating: out, as: UTF8.self)
    }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}

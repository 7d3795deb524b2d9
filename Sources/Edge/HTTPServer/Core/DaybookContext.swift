package import Events
package import Hummingbird
internal import NIOCore

/// What is known about a request on its way through middleware and route.
package struct DaybookContext: RequestContext, Caller {
    package var coreContext: CoreRequestContextStorage
    package var correlationID: String
    package var trace: TraceContext?
    package var principal: Principal?
    package var remoteAddress: String?

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        correlationID = ""
        remoteAddress = source.channel.remoteAddress?.ipAddress
    }

    /// The project named in the path (`{project_id}`), after checking that the caller may use it so.
    package func project(_ scope: Principal.Scope) throws(Problem) -> ProjectID {
        try project(named: coreContext.parameters.get("project_id"), scope)
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

package import Events
internal import Foundation
package import Logging

/// Writes log lines to standard error: one JSON object a line for machines, or a short line for a person.
///
/// JSON members: `time` (RFC 3339), `level`, `logger`, `message`, then the metadata by name (`event`, `correlation_id`, …).
/// A line is written with one `write`, so lines of several threads never mix.
package struct LineLogHandler: LogHandler {
    package enum Format: Sendable { case json, text }

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String
    private let format: Format
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable ([UInt8]) -> Void

    package init(
        label: String, format: Format, level: Logger.Level, now: @escaping @Sendable () -> Timestamp,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.now = now
        self.write = write
    }

    /// To standard error, descriptor 2. A line that cannot be written (closed pipe) is dropped: logging never stops the work.
    package static func standardError(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Foundation.write(2, rest.baseAddress, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        var line = [UInt8]()
        switch format {
        case .json:
            line.append(contentsOf: "{\"time\":\"\(now())\",\"level\":\"\(event.level)\",\"logger\":".utf8)
            JSONText.appendString(label, to: &line)
            line.append(contentsOf: ",\"message\":".utf8)
            JSONText.appendString(event.message.description, to: &line)
            for (key, value) in all.sorted(by: { $0.key < $1.key }) where key != "hb.request.id" {
                line.append(UInt8(ascii: ","))
                JSONText.appendString(key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(value, to: &line)
            }
            line.append(contentsOf: "}\n".utf8)
        case .text:
            let pairs = all.sorted { $0.key < $1.key }.filter { $0.key != "hb.request.id" && $0.key != "event" }
                .map { " \($0.key)=\($0.value)" }
            line.append(
                contentsOf: "\(now()) \(event.level) \(event.message)\(pairs.joined())".replacing("\n", with: "\\n")
                    .utf8)
            line.append(10)
        }
        write(line)
    }

    private func append(_ value: Logger.MetadataValue, to line: inout [UInt8]) {
        switch value {
        case .string(let text): JSONText.appendString(text, to: &line)
        case .stringConvertible(let number as any BinaryInteger): line.append(contentsOf: String(number).utf8)
        case .stringConvertible(let number as Double): JSONText.appendNumber(number, to: &line)
        case .stringConvertible(let flag as Bool): line.append(contentsOf: String(flag).utf8)
        case .stringConvertible(let other): JSONText.appendString(other.description, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, element) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(element, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            line.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONText.appendString(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(member.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }
}

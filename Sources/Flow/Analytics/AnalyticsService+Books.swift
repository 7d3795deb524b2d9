package import Events
internal import Foundation
internal import Logging
package import Ports
internal import Telemetry

/// Items of one project and time that are durable in the stream and not processed yet.
package struct PendingItems: Hashable, Sendable {
    package var count: Int64
    /// False when counting stopped at `AnalyticsLimits.pendingBytesMax`: there are at least `count`.
    package var isExact: Bool
}

extension EventStream {
    /// Counts what waits, from the first frame that is not committed.
    package func pendingItems(
        _ project: ProjectID, in range: Range<Timestamp>
    ) async throws(StreamError) -> PendingItems {
        let status = status
        var at = status.committed
        var pending = PendingItems(count: 0, isExact: true)
        var bytes = 0
        while at < status.head {
            guard bytes < AnalyticsLimits.pendingBytesMax else {
                pending.isExact = false
                break
            }
            let frames = try await read(from: at, bytesMax: 1 << 20)
            guard let last = frames.last else { break }
            for stored in frames where stored.frame.projectID == project && range.contains(stored.frame.receivedAt) {
                pending.count += stored.frame.counts.received
            }
            bytes += frames.reduce(0) { $0 + $1.frame.items.count }
            at = last.offset.next
        }
        return pending
    }
}

extension AnalyticsService {
    /// `books`: what became of everything received on a day of the project.
    package func books(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let parameters = try Parameters(request.parameters, known: ["date"])
        return try await fresh(.books, request) { context throws(Problem) in
            let calendar = context.project.calendar
            let date = try parameters.date("date") ?? calendar.date(at: context.now)
            // Pending is read first: what is processed in between is then counted twice rather than lost.
            var pending: PendingItems?
            do throws(StreamError) {
                pending = try await stream.pendingItems(request.project, in: calendar.bounds(of: date))
            } catch {
                telemetry.emit(PendingUnknown(error: error))
            }
            let books = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.books(request.project, date)
            }
            return Payload(
                members: [("date", .text(date.description))] + books.members + [
                    ("pending", pending.map { .integer($0.count) } ?? .null),
                    ("pending_is_exact", .bool(pending?.isExact ?? false)),
                    ("lag_seconds", .number(lagSeconds)),
                ], missing: pending == nil ? ["pending"] : [])
        }
    }

    /// `quarantine`: items that could not be processed, whole, newest first.
    package func quarantine(_ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        let parameters = try Parameters(request.parameters, known: ["limit", "cursor"])
        return try await fresh(.quarantine, request) { context throws(Problem) in
            let limit = try parameters.limit()
            let binding = CursorSigner.Binding(contract: context.contract.name, project: request.project, question: "")
            var before: QuarantineID?
            if let cursor = try parameters.one("cursor") {
                guard let id = QuarantineID(try cursors.position(cursor, for: binding)) else {
                    throw CursorSigner.invalid("it is not one of ours")
                }
                before = id
            }
            let position = before
            let items = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.quarantined(request.project, before: position, limit: limit + 1)
            }
            let shown = items.prefix(limit)
            let next = items.count > limit ? shown.last.map { cursors.cursor($0.id.text, for: binding) } : nil
            return Payload(members: [
                (
                    "items",
                    .array(
                        shown.map { item in
                            .object([
                                ("id", .text(item.id.text)), ("received_at", .time(item.receivedAt)),
                                ("code", .text(item.code)), ("message", .text(item.message)),
                                ("bytes_base64", .text(Data(item.bytes).base64EncodedString())),
                            ])
                        })
                ), ("page", pageJSON(next)),
            ])
        }
    }

    /// `quarantine_replay`: puts items into the stream again, as received now, and takes them out of quarantine.
    ///
    /// Durable first, then removed: a crash in between leaves an item in both places, and its second replay is recognised as
    /// a duplicate. An item that still cannot be processed comes back to quarantine.
    package func replayQuarantined(_ texts: [String], _ request: AnalyticsRequest) async throws(Problem) -> [UInt8] {
        _ = try Parameters(request.parameters, known: [])
        guard let remover else {
            throw Problem(.readOnly, "This process does not write events. Ask the one that has the role 'processor'.")
        }
        guard (1...AnalyticsLimits.replayItemsMax).contains(texts.count) else {
            throw Problem(
                .fieldRange, "A replay takes 1 to \(AnalyticsLimits.replayItemsMax) items.",
                fields: [
                    FieldProblem(
                        pointer: "/ids", code: .fieldRange,
                        message: "Give 1 to \(AnalyticsLimits.replayItemsMax) ids of quarantined items.")
                ])
        }
        var ids: [QuarantineID] = []
        for (index, text) in texts.enumerated() {
            guard let id = QuarantineID(text) else {
                throw Problem(
                    .fieldPattern, "'\(text.prefix(40))' is not the id of a quarantined item.",
                    fields: [
                        FieldProblem(
                            pointer: "/ids/\(index)", code: .fieldPattern,
                            message: "Give an id from the quarantine list.")
                    ])
            }
            if !ids.contains(id) { ids.append(id) }
        }
        let wanted = ids
        return try await fresh(.quarantineReplay, request) { context throws(Problem) in
            let items = try await ask(context.contract) { () async throws(EventStoreError) in
                try await reader.quarantined(request.project, ids: wanted)
            }
            let found = items.map(\.id)
            if !items.isEmpty {
                try await append(items, request.project, now: context.now)
                _ = try await ask(context.contract) { () async throws(EventStoreError) in
                    try await remover.removeQuarantined(request.project, ids: found)
                }
            }
            let failed = wanted.filter { !found.contains($0) }.map { id in
                AnswerJSON.object([("id", .text(id.text)), ("code", .text("not_found"))])
            }
            return Payload(members: [("replayed", .integer(items.count)), ("failed", .array(failed))])
        }
    }

    private func append(_ items: [QuarantinedItem], _ project: ProjectID, now: Timestamp) async throws(Problem) {
        var bytes: [UInt8] = []
        for item in items {
            withUnsafeBytes(of: UInt32(item.bytes.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes += item.bytes
        }
        var counts = BooksDelta()
        counts.received = Int64(items.count)
        let frame = StreamFrame(
            projectID: project, receivedAt: now, counts: counts, itemCount: items.count, items: bytes)
        do throws(StreamError) {
            _ = try await stream.append(frame)
        } catch {
            throw Problem(
                .overloaded, "The stream does not take items at the moment; nothing was replayed. Try again.",
                retryAfterSeconds: AnalyticsLimits.retryAfterSeconds)
        }
    }
}

extension BooksDelta {
    fileprivate var members: [(String, AnswerJSON)] {
        func codes(_ counts: [String: Int64]) -> AnswerJSON {
            .object(counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })
        }
        return [
            ("received", .integer(received)), ("stored", .integer(stored)), ("duplicate", .integer(duplicate)),
            ("sampled", .integer(sampled)), ("rejected", codes(rejected)),
            ("rejected_total", .integer(rejected.values.reduce(0, +))), ("quarantined", codes(quarantined)),
            ("quarantined_total", .integer(quarantined.values.reduce(0, +))), ("balanced", .bool(isBalanced)),
        ]
    }
}

extension QuarantinedItem {
    fileprivate var id: QuarantineID { QuarantineID(streamOffset: streamOffset, itemIndex: itemIndex) }
}

extension QuarantineID {
    /// `OFFSET-INDEX`, both in decimal.
    fileprivate var text: String { "\(streamOffset.value)-\(itemIndex)" }

    fileprivate init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let offset = Int64(parts[0]), let index = Int(parts[1]), offset >= 0, index >= 0 else {
            return nil
        }
        self.init(streamOffset: StreamOffset(offset), itemIndex: index)
    }
}

struct PendingUnknown: TelemetryEvent {
    static let name = "pending_unknown"
    static let failures = MetricName(
        "daybook_analytics_pending_unknown_total", help: "Times that waiting items could not be counted.")
    var error: StreamError
    var level: Logger.Level { .warning }
    var message: String { "Items that wait in the stream could not be counted: \(error)" }
    func record(in metrics: MetricRegistry) { metrics.add(Self.failures) }
}

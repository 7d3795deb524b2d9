internal import Events
internal import Foundation
internal import Ports
internal import ServerClient
internal import Synchronization

/// Looks at the server while it is under load: lag through the API, memory and processor time through `/proc`.
final class ServerSampler: Sendable {
    private struct Seen {
        var lagMax: Double?
        var residentMax: Double?
    }
    private let client: ServerClient
    private let apiKey: String
    private let projectID: String
    private let pid: Int32?
    private let seen = Mutex(Seen())

    init(client: ServerClient, apiKey: String, projectID: String, pid: Int32?) {
        self.client = client
        self.apiKey = apiKey
        self.projectID = projectID
        self.pid = pid
    }

    private struct System: Decodable {
        struct Stream: Decodable {
            var head: Int64
            var committed: Int64
            var lag_seconds: Double?
        }
        var stream: Stream
    }
    private struct Books: Decodable {
        var stored: Int
        var duplicate: Int
        var pending: Int?
    }

    /// Looks once; whether the processor has caught up with the stream (nil when the server does not say).
    @discardableResult
    func look() async -> Bool? {
        if let resident = residentMegabytes() { seen.withLock { $0.residentMax = max($0.residentMax ?? 0, resident) } }
        guard
            let answer = try? await client.send(
                ServerRequest("GET", "/v1/system?project_id=\(projectID)", apiKey: apiKey)),
            let system = answer.decoded(System.self)
        else { return nil }
        if let lag = system.stream.lag_seconds { seen.withLock { $0.lagMax = max($0.lagMax ?? 0, lag) } }
        return system.stream.committed >= system.stream.head
    }

    var lagMax: Double? { seen.withLock { $0.lagMax } }
    var residentMax: Double? { seen.withLock { $0.residentMax } }

    /// Stored and duplicate items of the project's days around now; nil when the books cannot be read.
    func booksTotal(around now: Timestamp) async -> Int? {
        var total = 0
        // The project's zone is not known here: yesterday, today and tomorrow in UTC cover its today.
        let today = DayCalendar.utc.date(at: now)
        for offset in Int32(-1)...1 {
            let date = LogicalDate(dayNumber: today.dayNumber + offset)
            let path = "/v1/projects/\(projectID)/books?date=\(date)"
            guard let answer = try? await client.send(ServerRequest("GET", path, apiKey: apiKey)) else { return nil }
            if let books = answer.decoded(Books.self) {
                total += books.stored
            } else if offset == 0 {
                return nil
            }
        }
        return total
    }

    func residentMegabytes() -> Double? {
        guard let pid, let text = read("/proc/\(pid)/status") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
        }
        return nil
    }

    /// User and system time of the process, in seconds (proc(5): fields 14 and 15 of `stat`, in ticks of 1/100 s).
    func processorSeconds() -> Double? {
        guard let pid, let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / 100
    }

    private func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

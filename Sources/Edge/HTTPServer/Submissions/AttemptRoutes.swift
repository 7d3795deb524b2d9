package import Events
internal import Foundation
internal import HTTPTypes
package import Hummingbird
package import Ports

/// An event on a lead's timeline: its time, and the event as one JSON object.
package struct TimelineEvent: Sendable {
    package var time: Timestamp
    package var json: [UInt8]
    package init(time: Timestamp, json: [UInt8]) {
        self.time = time
        self.json = json
    }
}

/// Finds the events of a lead and of its sessions in a time range, oldest first, `limit` at most; tells whether there were more.
package typealias TimelineEvents =
    @Sendable (_ lead: Lead, _ sessions: [String], _ range: Range<Timestamp>, _ limit: Int) async throws -> (
        events: [TimelineEvent], isCut: Bool
    )

/// The attempt log: the source of truth, read from the ledger.
package struct AttemptRoutes: RouteArea {
    private let reader: any AttemptReader
    private let projects: any ProjectDirectory
    private let clock: any Clock
    private let cursors: AttemptCursor
    private let events: TimelineEvents?

    /// Attempts of the same endeavour on an attempt's page.
    static let retriesMax = 50
    /// Items on a timeline, of each kind.
    static let timelineItemsMax = 500
    /// A lead's sessions are those of its person's attempts so long before and after its own, so many at most; their events
    /// are looked for in that time.
    static let sessionTime = Duration.seconds(86_400)
    static let sessionsMax = 20

    /// `cursorSecret` signs page cursors (32 random bytes that survive a restart); without `events` a timeline shows
    /// attempts alone and says so.
    package init(
        reader: any AttemptReader, projects: any ProjectDirectory, clock: any Clock, cursorSecret: [UInt8],
        events: TimelineEvents? = nil
    ) {
        self.reader = reader
        self.projects = projects
        self.clock = clock
        self.events = events
        cursors = AttemptCursor(secret: cursorSecret)
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.on("/v1/attempts", contract: "attempts") { request, context in try await list(request, context) }
        routes.on("/v1/attempts/{attempt_id}", contract: "attempt") { request, context in
            try await one(request, context)
        }
        routes.on("/v1/leads/{lead_id}/timeline", contract: "lead_timeline") { request, context in
            try await timeline(request, context)
        }
    }

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters()
        let project = try context.project(named: parameters.first { $0.name == "project_id" }?.value, .query)
        let now = clock.now
        let question = try AttemptQuestion(
            parameters, project: project, calendar: projects.project(project)?.calendar ?? .utc, now: now)
        let before = try question.cursor.map { text throws(Problem) in
            try cursors.decode(text, question: question.digest)
        }
        let found: AttemptMatches
        let total: AttemptTotal
        do {
            found = try await reader.search(question.filter, before: before, limit: question.limit)
            total = try await reader.total(question.filter)
        } catch { throw Self.problem(for: error) }
        var out = head(
            "attempts", project, now, range: question.filter, missing: found.isPartial ? ["older_matches"] : [])
        AttemptText.member("attempts", try Self.json(found.attempts.map(AttemptAnswer.init)), to: &out)
        let cursor = found.next.map { JSONText.quoted(cursors.encode($0, question: question.digest)) } ?? "null"
        AttemptText.member("page", "{\"next_cursor\":\(cursor),\"has_more\":\(found.next != nil)}".utf8, to: &out)
        AttemptText.member("total", String(total.count).utf8, to: &out)
        AttemptText.member("total_is_exact", String(total.isExact).utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    private func one(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["project_id"])
        let project = try context.project(named: parameters["project_id"], .query)
        let id = try context.parameter("attempt_id")
        let found: Found?
        do { found = try await find(id, project) } catch { throw Self.problem(for: error) }
        guard let found else { throw Problem(.notFound, "The project has no attempt '\(id.prefix(64))'.") }
        let attempt = found.attempt
        var out = head("attempt", project, clock.now, range: nil)
        AttemptText.member(
            "attempt", AttemptText.inFull(attempt, short: try Self.json(AttemptAnswer(attempt))), to: &out)
        AttemptText.member("lead", found.lead.map(AttemptText.lead) ?? Array("null".utf8), to: &out)
        AttemptDetail(attempt, lead: found.lead).append(to: &out)
        AttemptText.member("contact", Self.contact(found.contact), to: &out)
        AttemptText.member("retries", try Self.json(found.retries.map(AttemptAnswer.init)), to: &out)
        var near = Array("{\"same_user\":".utf8)
        near += try Self.json(found.neighbours.sameUser.map(AttemptAnswer.init))
        AttemptText.member("previous", try Self.json(found.neighbours.previous.map(AttemptAnswer.init)), to: &near)
        AttemptText.member("next", try Self.json(found.neighbours.next.map(AttemptAnswer.init)), to: &near)
        near.append(UInt8(ascii: "}"))
        AttemptText.member("neighbours", near, to: &out)
        let proof = "/v1/attempts/\(attempt.attemptID)/proof?project_id=\(project)"
        AttemptText.member(
            "proof", "{\"available\":\(found.isSealed),\"href\":\(JSONText.quoted(proof))}".utf8, to: &out)
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    /// Everything that the page of one attempt shows.
    private struct Found {
        var attempt: Attempt
        var lead: Lead?
        var contact: ContactHashes?
        var retries: [Attempt]
        var neighbours: AttemptNeighbours
        var isSealed: Bool
    }

    private func find(_ id: String, _ project: ProjectID) async throws(LedgerError) -> Found? {
        guard let attempt = try await reader.attempt(id, project: project) else { return nil }
        var lead: Lead?
        if let leadID = attempt.leadID { lead = try await reader.lead(leadID, project: project) }
        var contact: ContactHashes?
        if let userID = attempt.userID { contact = try await reader.contactHashes(ofUser: userID, project: project) }
        return Found(
            attempt: attempt, lead: lead, contact: contact,
            retries: try await reader.retries(of: attempt, limit: Self.retriesMax),
            neighbours: try await reader.neighbours(of: attempt),
            isSealed: try await reader.isSealed(attempt.logicalDate, project: project))
    }

    private static func contact(_ hashes: ContactHashes?) -> [UInt8] {
        guard let hashes else { return Array("null".utf8) }
        var out = MemberWriter()
        out.put("email_hash", text: hashes.email.map { "sha256:" + $0 })
        out.put("phone_hash", text: hashes.phone.map { "sha256:" + $0 })
        return out.finished
    }

    private func timeline(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["project_id"])
        let project = try context.project(named: parameters["project_id"], .query)
        let id = try context.parameter("lead_id")
        let found: (lead: Lead, attempts: [Attempt])?
        do throws(LedgerError) {
            if let lead = try await reader.lead(id, project: project) {
                found = (
                    lead,
                    try await reader.attempts(ofUser: lead.userID, project: project, limit: Self.timelineItemsMax)
                )
            } else {
                found = nil
            }
        } catch { throw Self.problem(for: error) }
        guard let found else { throw Problem(.notFound, "The project has no lead '\(id.prefix(64))'.") }
        let around = found.lead.createdAt - Self.sessionTime..<found.lead.createdAt + Self.sessionTime
        let others = try await events?(
            found.lead, Self.sessions(of: found.attempts, in: around), around, Self.timelineItemsMax)
        var items: [(time: Timestamp, json: [UInt8])] = []
        for attempt in found.attempts {
            let json = Array(
                "{\"kind\":\"attempt\",\"at\":\(JSONText.quoted(attempt.receivedAt.rfc3339())),\"attempt\":".utf8)
            items.append((attempt.receivedAt, json + (try Self.json(AttemptAnswer(attempt))) + [UInt8(ascii: "}")]))
        }
        for event in others?.events ?? [] {
            let json = Array("{\"kind\":\"event\",\"at\":\(JSONText.quoted(event.time.rfc3339())),\"event\":".utf8)
            items.append((event.time, json + event.json + [UInt8(ascii: "}")]))
        }
        items.sort { $0.time < $1.time }
        var out = head("lead_timeline", project, clock.now, range: nil, missing: Self.missing(others?.isCut))
        AttemptText.member("lead", AttemptText.lead(found.lead), to: &out)
        AttemptText.member(
            "items", [UInt8(ascii: "[")] + items.map(\.json).joined(separator: ",".utf8) + [UInt8(ascii: "]")], to: &out
        )
        out.append(UInt8(ascii: "}"))
        return .json(bytes: out)
    }

    /// What a timeline lacks: its events, or the newest of very many.
    private static func missing(_ isCut: Bool?) -> [String] {
        switch isCut {
        case nil: ["events"]
        case true?: ["later_events"]
        case false?: []
        }
    }

    /// The sessions of the attempts that lie in that time, without repetition.
    private static func sessions(of attempts: [Attempt], in range: Range<Timestamp>) -> [String] {
        var found: [String] = []
        for attempt in attempts where range.contains(attempt.receivedAt) && found.count < sessionsMax {
            guard let session = AttemptDetail(attempt, lead: nil).sessionID, !found.contains(session) else { continue }
            found.append(session)
        }
        return found
    }

    // MARK: Shared

    /// The members that every answer of the query API begins with; the closing brace is the caller's.
    private func head(
        _ contract: String, _ project: ProjectID, _ now: Timestamp, range: AttemptFilter?, missing: [String] = []
    ) -> [UInt8] {
        var out = ContractHead.open(contract, project, now, missing: missing)
        if let from = range?.from {
            let to = range?.to ?? now
            AttemptText.member(
                "range", "{\"from\":\"\(from.rfc3339())\",\"to\":\"\(to.rfc3339())\",\"granularity\":null}".utf8,
                to: &out)
        } else {
            AttemptText.member("range", "null".utf8, to: &out)
        }
        return out
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private static func problem(for error: LedgerError) -> Problem {
        error == .closed
            ? Problem(.shuttingDown, "The server is shutting down. Retry in a moment.", retryAfterSeconds: 2)
            : Problem(
                .dependencyUnavailable, "The log cannot be read at the moment. Retry in a moment.", retryAfterSeconds: 2
            )
    }
}

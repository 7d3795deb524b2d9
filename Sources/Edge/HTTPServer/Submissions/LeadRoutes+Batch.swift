internal import Crypto
internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports
internal import Submissions

/// `POST /v1/projects/{project_id}/leads/batch`: NDJSON (one submission a line) or CSV (a header, one submission a row).
/// Each is decided on its own; the answer lists every result in order. A batch that cannot be read is one failed attempt.
extension LeadRoutes {
    /// Largest batch body, in bytes, and most rows in it.
    static let batchBytesMax = 10 * 1024 * 1024
    static let batchRowsMax = 10_000
    /// Rows of one batch that wait for their commit at the same time.
    static let batchRowsInFlight = 256

    func submitBatch(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try project(context.project(.ingest))
        let receivedAt = try assumedReceipt(request, context, project: project)
        let isCSV = request.headers[.contentType].map(Self.mediaType) == "text/csv"
        var facts = RequestFacts(request, context, endpoint: "batch")
        facts.valuesAreText = isCSV
        let rows: [LeadRows.Row]
        let key: String?
        do {
            key = try request.idempotencyKey().map(Self.rowKeys)
            rows = try await self.rows(request)
        } catch let problem as Problem {
            let answer = await refuseWhole(problem, project: project, assumedReceivedAt: receivedAt, facts: facts)
            return try Self.response(answer, request, context)
        }
        let answers = await submissions.submit(
            rows.enumerated().map { [facts] index, row in
                var one = SubmissionRequest(
                    project: project, body: row.body, idempotencyKey: key.map { "\($0).\(index)" },
                    assumedReceivedAt: receivedAt, facts: facts)
                one.source = row.source
                return one
            }, inFlightMax: Self.batchRowsInFlight)
        var response = try Response.json(BatchAnswer(answers, lines: isCSV ? rows.map(\.line) : nil))
        response.setQuotas(RateLimitFields(SubmissionQuota.tightest(of: answers)))
        return response
    }

    /// What the keys of a batch's rows begin with: the batch's key, or its SHA-256 where a row's number has no room behind it.
    private static func rowKeys(_ key: String) -> String {
        let room = ".\(batchRowsMax)".utf8.count
        guard key.utf8.count + room > IdempotencyLimits.keyBytesMax else { return key }
        return "sha256:"
            + SHA256.hash(data: Array(key.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A batch of which no row can be told from another is one failed attempt, and keeps no answer: the corrected one may
    /// come under the same Idempotency-Key.
    private func refuseWhole(
        _ problem: Problem, project: Project, assumedReceivedAt: Timestamp?, facts: RequestFacts
    ) async -> SubmissionAnswer {
        var answer = await submissions.submit(
            SubmissionRequest(
                project: project, body: .unreadable(problem), assumedReceivedAt: assumedReceivedAt, facts: facts))
        if case .failure(var logged) = answer.result, logged.code == problem.code {
            logged.fields = problem.fields
            answer.result = .failure(logged)
        }
        return answer
    }

    private func rows(_ request: Request) async throws -> [LeadRows.Row] {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.encodingUnsupported, "Send the batch uncompressed.")
        }
        let rows: [LeadRows.Row]
        switch request.headers[.contentType].map(Self.mediaType) {
        case "application/x-ndjson": rows = try await linesOfJSON(request)
        case "text/csv": rows = try await rowsOfCSV(request)
        default:
            throw Problem(
                .mediaTypeUnsupported,
                "Send the batch as application/x-ndjson, one submission a line, or as text/csv with a header.")
        }
        guard !rows.isEmpty else { throw Problem(.bodyEmpty, "The batch has no rows.") }
        guard rows.count <= Self.batchRowsMax else {
            throw Problem(
                .batchTooManyItems, "A batch may have at most \(Self.batchRowsMax) rows; this one has \(rows.count).")
        }
        return rows
    }

    private func linesOfJSON(_ request: Request) async throws -> [LeadRows.Row] {
        let bytes = Array(try await request.collectedBody(bytesMax: Self.batchBytesMax).readableBytesView)
        return bytes.split(whereSeparator: { $0 == 10 }).enumerated().compactMap { index, row in
            guard row.contains(where: { $0 != 32 && $0 != 13 && $0 != 9 }) else { return nil }
            return LeadRows.Row(line: index + 1, body: .json(Array(row)), cells: [])
        }
    }

    private func rowsOfCSV(_ request: Request) async throws -> [LeadRows.Row] {
        var reader = LeadRows(options: try LeadRowOptions(request.queryParameters(only: LeadRowOptions.parameters)))
        let bytes = try await request.collectedBody(bytesMax: Self.batchBytesMax)
        return try reader.feed(bytes.readableBytesView) + reader.finish()
    }
}

extension LeadRowOptions {
    /// The query parameters that say how rows become submissions.
    static let parameters: Set<String> = ["map", "skip", "source", "channel", "consent"]
    /// Entries of `map` and of `skip`.
    private static let entriesMax = 512

    /// `map=column:target,…` and `skip=column,…`; a comma, colon or `%` inside of a name is percent-encoded once more.
    init(_ parameters: [String: String]) throws(Problem) {
        self.init()
        for entry in try Self.list(parameters["map"], "map") {
            let halves = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count == 2, let value = Self.name(halves[0]), let target = Self.name(halves[1]) else {
                throw Self.wrong("map", "is not written column:target, e.g. map=mail:email,zip:fields.postal_code")
            }
            map.append(Entry(target: target, value: value))
        }
        for entry in try Self.list(parameters["skip"], "skip") {
            guard let name = Self.name(entry) else { throw Self.wrong("skip", "has a column without a name") }
            skip.append(name)
        }
        if let text = parameters["source"], !text.isEmpty { source = try WaysInSettings.source(text) }
        if let text = parameters["channel"], !text.isEmpty { channel = text }
        switch parameters["consent"] {
        case nil, "": break
        case "true"?: consent = true
        case "false"?: consent = false
        default: throw Self.wrong("consent", "must be true or false")
        }
    }

    private static func list(_ text: String?, _ parameter: String) throws(Problem) -> [Substring] {
        let entries = (text ?? "").split(separator: ",")
        guard entries.count <= entriesMax else { throw wrong(parameter, "may have at most \(entriesMax) entries") }
        return entries
    }

    private static func name(_ text: Substring) -> String? {
        guard let name = String(text).removingURLPercentEncoding(), !name.isEmpty else { return nil }
        return name
    }

    private static func wrong(_ parameter: String, _ what: String) -> Problem {
        Problem(
            .parameterInvalid, "`\(parameter)` \(what).",
            fields: [FieldProblem(pointer: "/query/\(parameter)", code: .parameterInvalid, message: "It \(what).")])
    }
}

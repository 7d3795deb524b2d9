internal import Crypto
internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Intake
internal import NIOCore
internal import Ports
internal import Submissions
internal import Wire

/// `POST /v1/projects/{project_id}/leads/batch`: NDJSON (one submission a line) or CSV (a header, one submission a row).
/// Each is decided on its own; the answer lists every result in order. A batch that cannot be read is one failed attempt.
extension LeadRoutes {
    /// Largest batch body as it is sent, in bytes; decompressed it may have `WireLimits.decompressedBytesMax`, as events may.
    static let batchBytesMax = 10 * 1024 * 1024
    /// Most rows of a batch.
    static let batchRowsMax = 10_000
    /// Rows of one batch that wait for their commit at the same time.
    static let batchRowsInFlight = 256

    func submitBatch(_ request: Request, _ context: DaybookContext) async throws -> Response {
        var facts = RequestFacts(request, context, endpoint: "batch")
        let project = try await project(
            named: context.coreContext.parameters.get("project_id"), caller: context, facts)
        let isCSV = request.headers[.contentType].map(Self.mediaType) == "text/csv"
        facts.valuesAreText = isCSV
        let receivedAt: Timestamp?
        let batch: ReadBatch
        let key: String?
        do {
            receivedAt = try assumedReceipt(request, context)
            key = try request.idempotencyKey().map(Self.rowKeys)
            batch = try await read(request)
        } catch let problem as Problem {
            return try Self.response(
                await submissions.refuse(problem, project: project, facts: facts), request, context)
        }
        let rows = batch.rows
        let answers = await submissions.submit(
            rows.enumerated().map { [facts] index, row in
                var one = SubmissionRequest(
                    project: project, body: row.body, idempotencyKey: key.map { "\($0).\(index)" },
                    assumedReceivedAt: receivedAt, facts: facts)
                one.source = row.source
                return one
            }, inFlightMax: Self.batchRowsInFlight)
        withExtendedLifetime(batch.ticket) {}
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

    /// The rows of a batch, and the room that their bytes take until the batch is answered.
    private struct ReadBatch {
        var rows: [LeadRows.Row]
        var ticket: Admission.Ticket
    }

    private func read(_ request: Request) async throws -> ReadBatch {
        let encoding = try BodyEncoding.named(request.headers[.contentEncoding])
        let options: LeadRowOptions?
        switch request.headers[.contentType].map(Self.mediaType) {
        case "application/x-ndjson": options = nil
        case "text/csv": options = try LeadRowOptions(request.queryParameters(only: LeadRowOptions.parameters))
        default:
            throw Problem(
                .mediaTypeUnsupported,
                "Send the batch as application/x-ndjson, one submission a line, or as text/csv with a header.")
        }
        // Room before bytes: a body of unknown length counts as the longest one.
        let length = request.headers.value(.contentLength).flatMap { Int($0) } ?? Self.batchBytesMax
        let ticket = try admission.reserve(min(max(0, length), Self.batchBytesMax))
        let body = try await request.collectedBody(bytesMax: Self.batchBytesMax)
        let bytes: PaddedBytes
        do {
            bytes = try body.withUnsafeReadableBytes { body in
                try Decompression.decompress(body.bindMemory(to: UInt8.self), encoding)
            }
        } catch let failure as DecompressionFailure {
            throw failure.problem(encoding)
        }
        // The bytes, and the rows that are made of them.
        try ticket.grow(by: 2 * bytes.count)
        let rows = try options.map { try Self.rowsOfCSV(bytes, $0) } ?? Self.linesOfJSON(bytes)
        guard !rows.isEmpty else { throw Problem(.bodyEmpty, "The batch has no rows.") }
        guard rows.count <= Self.batchRowsMax else {
            throw Problem(
                .batchTooManyItems, "A batch may have at most \(Self.batchRowsMax) rows; this one has \(rows.count).")
        }
        return ReadBatch(rows: rows, ticket: ticket)
    }

    private static func linesOfJSON(_ bytes: PaddedBytes) -> [LeadRows.Row] {
        bytes.withBytes { bytes in
            bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated().compactMap { index, row in
                guard row.contains(where: { $0 != 32 && $0 != 13 && $0 != 9 }) else { return nil }
                return LeadRows.Row(line: index + 1, body: .json(Array(row)), cells: [])
            }
        }
    }

    /// Bytes of a CSV batch that are turned into rows at a time: what the reader holds back is bounded by it.
    private static let csvPieceBytes = 1 << 20

    private static func rowsOfCSV(_ bytes: PaddedBytes, _ options: LeadRowOptions) throws(Problem) -> [LeadRows.Row] {
        var reader = LeadRows(options: options)
        var rows: [LeadRows.Row] = []
        try bytes.withBytes { bytes throws(Problem) in
            for start in stride(from: 0, to: bytes.count, by: csvPieceBytes) {
                rows += try reader.feed(bytes[start..<min(bytes.count, start + csvPieceBytes)])
            }
        }
        return try rows + reader.finish()
    }
}

extension LeadRowOptions {
    /// The query parameters that say how rows become submissions.
    static let parameters: Set<String> = ["map", "skip", "source", "channel", "consent", "delimiter"]
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
        delimiter = try Self.delimiter(parameters["delimiter"])
        switch parameters["consent"] {
        case nil, "": break
        case "true"?: consent = true
        case "false"?: consent = false
        default: throw Self.wrong("consent", "must be true or false")
        }
    }

    private static func delimiter(_ text: String?) throws(Problem) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard let delimiter = CSVDelimiter(text) else { throw wrong("delimiter", CSVDelimiter.rule) }
        return delimiter.text
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

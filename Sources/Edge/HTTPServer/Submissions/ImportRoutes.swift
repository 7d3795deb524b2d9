internal import Crypto
internal import Events
internal import HTTPTypes
package import Hummingbird
package import Jobs
internal import NIOCore
package import Ports
package import Submissions
internal import Synchronization
internal import Wire

/// `POST /v1/projects/{project_id}/imports`: a CSV file, received to disk and imported by a job; and the rows that failed.
package struct ImportRoutes: RouteArea {
    private let imports: ImportService
    private let jobs: JobService
    private let files: any WorkspaceFiles
    private let uploads = Uploads()

    package init(imports: ImportService, jobs: JobService, files: any WorkspaceFiles) {
        self.imports = imports
        self.jobs = jobs
        self.files = files
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.post("/v1/projects/{project_id}/imports") { request, context in try await create(request, context) }
        routes.get("/v1/projects/{project_id}/imports/{job_id}/errors") { request, context in
            try await errors(request, context)
        }
    }

    /// The job, or a problem that is logged as one failed attempt: whoever may submit to the project has tried to.
    private func create(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let facts = RequestFacts(request, context, endpoint: "import")
        do { return try await accept(request, context, facts) } catch let problem as Problem {
            let named = context.coreContext.parameters.get("project_id").flatMap(ProjectID.init)
            guard let project = named, context.principal?.projects.contains(project) == true else { throw problem }
            throw await imports.refuse(problem, project: project, facts: facts)
        }
    }

    private func accept(
        _ request: Request, _ context: DaybookContext, _ facts: RequestFacts
    ) async throws -> Response {
        let project = try context.project(.ingest)
        guard request.headers[.contentType].map(LeadRoutes.mediaType) == "text/csv" else {
            throw Problem(.mediaTypeUnsupported, "Send the file as text/csv.")
        }
        let parameters = try request.queryParameters(only: LeadRowOptions.parameters.union(["name"]))
        let options = try LeadRowOptions(parameters)
        let name = parameters["name"]
        guard (name ?? "").utf8.count <= ImportLimits.nameBytesMax,
            name?.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) ?? true
        else {
            throw Problem(
                .parameterInvalid,
                "`name` may have at most \(ImportLimits.nameBytesMax) bytes, without control characters.")
        }
        let key = try request.idempotencyKey()
        let ticket = try uploads.begin(key.map { "\(project)|\($0)" })
        defer { uploads.end(ticket) }
        let (jobID, folder) = try await jobs.newJob()
        let job: StoredJob
        let isNew: Bool
        do {
            let (bytes, digest) = try await receive(request, options: options, into: ImportFiles.input(in: folder))
            let input = ImportInput(
                name: name, options: options, bytes: bytes, sha256: digest, submitter: facts.submitter)
            (job, isNew) = try await jobs.enqueue(
                JobRequest(
                    kind: ImportInput.jobKind, input: try input.json, idempotencyKey: key, jobID: jobID,
                    about: try input.about),
                in: project)
        } catch {
            await jobs.abandon(jobID)
            if let error = error as? FileStoreError { throw error.problem }
            throw error
        }
        if !isNew { await jobs.abandon(jobID) }
        var response = try Response.json(ImportAccepted(job), status: .accepted)
        if !isNew { response.headers[LeadRoutes.idempotencyReplayed] = "true" }
        return response
    }

    /// Writes the file that the body is, or that it compresses, piece by piece, and gives its length and SHA-256. The header is
    /// checked as soon as it is there, so that a file that cannot be imported is refused at once.
    private func receive(
        _ request: Request, options: LeadRowOptions, into path: String
    ) async throws -> (bytes: Int64, sha256: String) {
        let encoding = try BodyEncoding.named(request.headers[.contentEncoding])
        let length = request.headers[.contentLength].flatMap { Int64($0) } ?? 0
        guard length <= ImportLimits.fileBytesMax else { throw Self.tooLarge }
        var hash = SHA256()
        var received: Int64 = 0
        var written: Int64 = 0
        var piece: [UInt8] = []
        var header: LeadRows? = LeadRows(options: options)
        do {
            let body = try BodyDecompressor(encoding, limit: Int(ImportLimits.fileBytesMax))
            for try await part in request.bodyParts {
                received += Int64(part.readableBytes)
                guard received <= ImportLimits.fileBytesMax else { throw Self.tooLarge }
                body.take(part.readableBytesView)
                while let bytes = try body.next() {
                    piece += bytes
                    if piece.count >= ImportLimits.pieceBytes { try await flush() }
                }
            }
            try body.finish()
        } catch let failure as DecompressionFailure {
            if case .tooLarge = failure, encoding == .identity { throw Self.tooLarge }
            throw failure.problem(encoding)
        }
        try await flush()
        if header != nil { _ = try header?.finish() }
        try await files.sync(path)
        return (written, hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())

        func flush() async throws {
            guard !piece.isEmpty else { return }
            hash.update(data: piece)
            if header != nil {
                _ = try header?.feed(piece)
                if header?.columns.isEmpty == false { header = nil }
            }
            try await files.write(piece, to: path, at: written)
            written += Int64(piece.count)
            piece = []
        }
    }

    private static var tooLarge: Problem {
        Problem(.bodyTooLarge, "A file may have at most \(ImportLimits.fileBytesMax >> 20) MiB. Split it.")
    }

    // MARK: Rows that failed

    private func errors(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let project = try context.project(
            named: context.coreContext.parameters.get("project_id"), anyOf: [.ingest, .query])
        _ = try request.queryParameters(only: [])
        let jobID = try context.parameter("job_id")
        guard let view = try await jobs.job(jobID, in: project), view.job.kind == ImportInput.jobKind else {
            throw Problem(.notFound, "This project has no import with that job_id.")
        }
        let folder = jobs.workspace(of: jobID)
        let progress: ImportProgress?
        do { progress = try await imports.progress(in: folder) } catch { throw error.problem }
        guard let progress else {
            throw Problem(
                .notFound,
                "There are no rows of this import: none is finished yet, or it finished more than \(ImportLimits.errorsKept.components.seconds / 86_400) days ago."
            )
        }
        let path = ImportFiles.errors(in: folder)
        let headers: HTTPFields = [
            .contentType: "text/csv; charset=utf-8", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"errors-\(jobID).csv\"",
        ]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(contentLength: Int(progress.errorBytes)) { [files] writer in
                var offset: Int64 = 0
                while offset < progress.errorBytes {
                    let count = Int(min(Int64(ImportLimits.pieceBytes), progress.errorBytes - offset))
                    let bytes = try await files.read(path, at: offset, upTo: count)
                    guard !bytes.isEmpty else { break }
                    offset += Int64(bytes.count)
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            })
    }
}

/// Files that are being received: how many, and under which keys.
private final class Uploads: Sendable {
    private struct State {
        var count = 0
        var keys: Set<String> = []
    }
    private let state = Mutex(State())

    /// Throws `idempotency_key_in_flight` while a file with that key is being received, and `overloaded`.
    func begin(_ key: String?) throws(Problem) -> String? {
        let problem: Problem? = state.withLock { state in
            guard state.count < ImportLimits.uploadsMax else {
                return Problem(
                    .overloaded, "Too many files are being received. Retry in a moment.", retryAfterSeconds: 5)
            }
            if let key, !state.keys.insert(key).inserted {
                return Problem(
                    .idempotencyKeyInFlight,
                    "A file with this Idempotency-Key is being received. Retry when that request has been answered.",
                    retryAfterSeconds: 2)
            }
            state.count += 1
            return nil
        }
        if let problem { throw problem }
        return key
    }

    func end(_ key: String?) {
        state.withLock { state in
            state.count -= 1
            if let key { state.keys.remove(key) }
        }
    }
}

private struct ImportAccepted: Encodable {
    struct Links: Encodable {
        var job: String
        var events: String
        var errors: String
    }
    var job_id: String
    var status: String
    var links: Links

    init(_ job: StoredJob) {
        job_id = job.jobID
        status = job.status.rawValue
        let query = "?project_id=\(job.projectID)"
        links = Links(
            job: "/v1/jobs/\(job.jobID)\(query)", events: "/v1/jobs/\(job.jobID)/events\(query)",
            errors: "/v1/projects/\(job.projectID)/imports/\(job.jobID)/errors")
    }
}

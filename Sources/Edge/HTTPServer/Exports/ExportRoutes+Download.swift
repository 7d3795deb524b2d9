internal import Events
internal import Exports
internal import HTTPTypes
internal import Hummingbird
internal import Jobs
internal import NIOCore
internal import Ports

/// Downloads that can be taken up again: `Range`, `ETag`, `If-Range`, `If-None-Match` (RFC 9110). Only a file that the
/// finished job's result names is served: names from outside never become paths.
extension ExportRoutes {
    /// Bytes that are read and held at a time.
    static let pieceBytes = 256 * 1024

    func download(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let view = try await reached(request, context)
        let name = try context.parameter("name")
        let job = view.job
        guard let result = try ExportAnswer.result(of: job) else { throw Self.notReady(job) }
        let isManifest = name == result.manifest.name
        guard let file = isManifest ? result.manifest : result.files.first(where: { $0.name == name }) else {
            throw Problem(.notFound, "The export has no file '\(name.prefix(100))'. The export lists its files.")
        }
        if let expiry = job.expiresAt, expiry <= clock.now {
            throw Problem(.exportExpired, "The files were removed at \(expiry). Ask for the export again.")
        }
        let tag = "\"\(file.sha256)\""
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes", .cacheControl: "private, no-transform",
            .contentType: isManifest ? "application/json; charset=utf-8" : result.format.mediaType,
            // The name is one of ours: letters, digits, a minus and a point.
            .contentDisposition: "attachment; filename=\"\(ExportVerifier.downloadName(file.name, of: job.jobID))\"",
        ]
        if let known = request.headers[.ifNoneMatch], Self.names(known, tag) {
            return Response(status: .notModified, headers: headers)
        }
        var range = ByteRange(request.headers[.range], size: file.bytes)
        // A part of another version is of no use: then the whole file is answered.
        if let condition = request.headers[.ifRange], condition != tag { range = .whole }
        switch range {
        case .whole: return try await body(job, file, 0..<file.bytes, .ok, headers)
        case .part(let part):
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.bytes)"
            return try await body(job, file, part, .partialContent, headers)
        case .unsatisfiable:
            var answer = Response.problem(
                Problem(.rangeNotSatisfiable, "The file has \(file.bytes) bytes; the range begins behind them."),
                path: request.uri.path, correlationID: context.correlationID)
            answer.headers[.contentRange] = "bytes */\(file.bytes)"
            return answer
        }
    }

    private static func notReady(_ job: StoredJob) -> Problem {
        switch job.status {
        case .queued, .running:
            Problem(.jobNotFinished, "The export is not finished. Ask again in a moment.", retryAfterSeconds: 1)
        case .failed, .cancelled, .succeeded:
            Problem(.notFound, "The export has no files: it is \(job.status.rawValue). Ask for it again.")
        }
    }

    /// Whether a list of entity tags has this one.
    private static func names(_ list: String, _ tag: String) -> Bool {
        list.split(separator: ",").contains { part in
            let one = part.drop { $0 == " " }
            return one == "*" || one == tag || one == "W/" + tag
        }
    }

    private func body(
        _ job: StoredJob, _ file: ExportedFile, _ part: Range<Int64>, _ status: HTTPResponse.Status,
        _ headers: HTTPFields
    ) async throws -> Response {
        let (files, id, name) = (files, job.jobID, file.name)
        // The first piece is read before the answer begins, so that a file that is gone is said so.
        let first: [UInt8]
        do {
            first = try await files.read(id, name, at: part.lowerBound, count: min(Self.pieceBytes, part.count))
        } catch { throw error.problem }
        let body = ResponseBody(contentLength: part.count) { writer in
            var at = part.lowerBound + Int64(first.count)
            if !first.isEmpty { try await writer.write(ByteBuffer(bytes: first)) }
            while at < part.upperBound {
                let count = Int(min(Int64(Self.pieceBytes), part.upperBound - at))
                try await writer.write(ByteBuffer(bytes: try await files.read(id, name, at: at, count: count)))
                at += Int64(count)
            }
            try await writer.finish(nil)
        }
        return Response(status: status, headers: headers, body: body)
    }
}

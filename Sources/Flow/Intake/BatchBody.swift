internal import Events
internal import Wire

/// A body that can be read as a batch: decompressed, and divided into items.
struct BatchBody {
    let bytes: PaddedBytes
    let ranges: [Range<Int>]

    init(_ request: IntakeRequest, _ ticket: Admission.Ticket) throws(Problem) {
        let form = try Self.form(request.contentType)
        let encoding = try BodyEncoding.named(request.contentEncoding)
        guard request.body.count > 0 else {
            throw Problem(.bodyEmpty, "The body is empty; send a JSON array of events, or one event a line.")
        }
        bytes = try Self.decompressed(request.body, encoding, ticket)
        // The frame holds the valid items' bytes a second time.
        try ticket.grow(by: bytes.count)
        ranges = try Self.divided(bytes, form)
    }

    private static func form(_ contentType: String?) throws(Problem) -> BatchForm {
        // As nearly everybody writes it.
        if contentType == "application/json" { return .json }
        if contentType == "application/x-ndjson" { return .lines }
        let type = (contentType ?? "").lowercased().split(separator: ";", maxSplits: 1).first ?? ""
        switch type.filter({ $0 != " " }) {
        case "", "application/json": return .json
        case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines": return .lines
        default:
            throw Problem(
                .mediaTypeUnsupported,
                "Content-Type '\(type.prefix(60))' is not supported; send application/json or application/x-ndjson.")
        }
    }

    private static func decompressed(
        _ body: PaddedBytes, _ encoding: BodyEncoding, _ ticket: Admission.Ticket
    ) throws(Problem) -> PaddedBytes {
        if encoding == .identity { return body }
        let bytes: PaddedBytes
        do throws(DecompressionFailure) {
            bytes = try body.withBytes { bytes throws(DecompressionFailure) in
                try Decompression.decompress(bytes, encoding)
            }
        } catch {
            throw error.problem(encoding)
        }
        try ticket.grow(by: bytes.count)
        return bytes
    }

    private static func divided(_ bytes: PaddedBytes, _ form: BatchForm) throws(Problem) -> [Range<Int>] {
        do throws(SplitFailure) {
            return try bytes.withBytes { bytes throws(SplitFailure) in try ItemSplitter.split(bytes, form: form) }
        } catch {
            switch error {
            case .empty:
                throw Problem(.bodyEmpty, "The body holds nothing but white space; send a JSON array of events.")
            case .notJSON(let position, let reason):
                throw Problem(
                    .bodyNotJSON,
                    "The body is not JSON: at byte \(position), \(reason). Nothing was stored; correct the body and send it again."
                )
            case .shape(let reason): throw Problem(.batchShapeInvalid, reason)
            case .tooManyItems(let limit):
                throw Problem(.batchTooManyItems, "A batch may hold \(limit) events; divide it.")
            }
        }
    }
}

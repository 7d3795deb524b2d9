internal import Events
internal import Jobs
internal import Ports

/// One page of a list of jobs: its parameters, and where the next one begins.
struct JobPage {
    let limit: Int
    let before: JobPosition?
    private let digest: [UInt8]

    init(_ given: [String: String], list: String, cursors: SignedCursor) throws(Problem) {
        digest = SignedCursor.digest(of: list, given.map { (name: $0.key, value: $0.value) })
        limit = try Self.limit(given["limit"])
        guard let text = given["cursor"] else {
            before = nil
            return
        }
        let bytes = try cursors.decode(text, question: digest)
        guard bytes.count > 8 else { throw SignedCursor.invalid }
        before = JobPosition(
            createdAt: Timestamp(microseconds: SignedCursor.number(bytes, at: 0)),
            jobID: String(decoding: bytes[8...], as: UTF8.self))
    }

    /// The member `page`; `found` has one more than the page when there is another.
    func json(_ found: [StoredJob], cursors: SignedCursor) -> String {
        let hasMore = found.count > limit
        var next = "null"
        if hasMore, let last = found.prefix(limit).last {
            next = JSONText.quoted(
                cursors.encode(
                    SignedCursor.bytes(last.createdAt.microseconds) + Array(last.jobID.utf8), question: digest))
        }
        return "{\"next_cursor\":\(next),\"has_more\":\(hasMore)}"
    }

    private static func limit(_ text: String?) throws(Problem) -> Int {
        guard let text else { return JobLimits.pageDefault }
        guard let limit = Int(text), (1...JobLimits.pageMax).contains(limit) else {
            throw Problem(.parameterInvalid, "`limit` must be a whole number from 1 to \(JobLimits.pageMax).")
        }
        return limit
    }
}

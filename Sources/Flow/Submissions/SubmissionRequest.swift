package import Events
internal import Ports

/// What is known about a request beside its body.
package struct RequestFacts: Hashable, Sendable {
    /// The caller's network address; only a hash of it is kept.
    package var address: String?
    /// Only its family (`Chrome`, `curl`, …) is kept.
    package var userAgent: String?
    package var correlationID: String?
    /// The trace that the request belongs to: its `lead.submission` event is a span of it.
    package var trace: TraceContext?
    /// The API key or member that submits.
    package var submitter: String?
    /// The way in: `json`, `batch`, `form`, `webhook`, `import`.
    package var endpoint: String
    /// Whether every field arrived as a text (a form, a row of a file): a schema then reads numbers and booleans from
    /// their texts.
    package var valuesAreText: Bool
    /// What limits of the way in itself said, which are asked before the log: kept with an attempt that they refused.
    var askedLimits: [AskedLimit] = []

    package init(
        address: String? = nil, userAgent: String? = nil, correlationID: String? = nil, trace: TraceContext? = nil,
        submitter: String? = nil,
        endpoint: String = "json", valuesAreText: Bool = false
    ) {
        self.address = address
        self.userAgent = userAgent
        self.correlationID = correlationID
        self.trace = trace
        self.submitter = submitter
        self.endpoint = endpoint
        self.valuesAreText = valuesAreText
    }
}

/// A limit of a way in, in memory: a token bucket for each subject.
struct AskedLimit: Hashable, Sendable {
    enum AppliesTo: String, Sendable {
        /// A network address; its subject is the hash that the attempt keeps.
        case address
        case source
    }
    /// As the `RateLimit` headers name it.
    var name: String
    var appliesTo: AppliesTo
    var perMinute: Int
    var isAllowed: Bool
    /// Whole tokens that were left, before and after this request.
    var before: Int
    var after: Int
    /// When a refused request would have passed.
    var passesAt: Timestamp?
}

/// One submission as it arrived.
package struct SubmissionRequest: Sendable {
    package enum Body: Sendable {
        case json([UInt8])
        /// The edge could not take the body (too large, wrong content type): logged with this problem.
        case unreadable(Problem)
        /// The way in refuses the body unread (no valid signature, a filled honeypot): logged with this problem.
        case refused(Problem, [UInt8])

        var count: Int {
            switch self {
            case .json(let bytes), .refused(_, let bytes): bytes.count
            case .unreadable: 0
            }
        }
    }

    package var project: Project
    package var body: Body
    package var idempotencyKey: String?
    /// A receipt time to assume instead of now, for backfills.
    package var assumedReceivedAt: Timestamp?
    package var facts: RequestFacts
    /// The source that the way in itself names (the path of a form or a webhook). The body may leave it out, and may not
    /// name another.
    package var source: String?
    /// How long a repeated key gets this answer.
    package var answerLifetime = IdempotencyLimits.lifetime

    package init(
        project: Project, body: Body, idempotencyKey: String? = nil, assumedReceivedAt: Timestamp? = nil,
        facts: RequestFacts = RequestFacts()
    ) {
        self.project = project
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.assumedReceivedAt = assumedReceivedAt
        self.facts = facts
    }
}

/// What a successful submission is answered.
package struct SubmissionReceipt: Hashable, Sendable, Codable {
    package var leadID: String
    package var attemptID: String
    package var userID: String
    package var receivedAt: Timestamp
    package var sequence: Int64

    package init(leadID: String, attemptID: String, userID: String, receivedAt: Timestamp, sequence: Int64) {
        self.leadID = leadID
        self.attemptID = attemptID
        self.userID = userID
        self.receivedAt = receivedAt
        self.sequence = sequence
    }

    /// The answer as a client reads it.
    package var json: [UInt8] {
        var out = JSONObjectWriter()
        out.text("attempt_id", attemptID)
        out.text("lead_id", leadID)
        out.text("received_at", receivedAt.rfc3339())
        out.number("sequence", sequence)
        out.text("user_id", userID)
        return out.finishedBytes
    }
}

package struct SubmissionAnswer: Hashable, Sendable {
    package var result: Result<SubmissionReceipt, Problem>
    /// Whether an earlier request with the same `Idempotency-Key` got this answer first (`Idempotency-Replayed: true`).
    package var isReplayed: Bool
    /// What the limits said about this submission, for `RateLimit-Policy` and `RateLimit`; empty for a repeated answer.
    package var quotas: [SubmissionQuota] = []

    static func accepted(_ receipt: SubmissionReceipt) -> Self { Self(result: .success(receipt), isReplayed: false) }
    static func refused(_ problem: Problem) -> Self { Self(result: .failure(problem), isReplayed: false) }
}

/// How much a limit has left for a submission's subject (draft-ietf-httpapi-ratelimit-headers).
package struct SubmissionQuota: Hashable, Sendable, Comparable {
    /// The rule's identifier.
    package var name: String
    /// Submissions in one window.
    package var quota: Int
    package var windowSeconds: Int
    /// Submissions that would pass now.
    package var remaining: Int
    /// Seconds until the whole quota is there again (token bucket) or the current window ends (sliding window).
    package var resetSeconds: Int

    /// The tighter one: less remains, or as much and for longer.
    package static func < (a: Self, b: Self) -> Bool {
        (a.remaining, b.resetSeconds) < (b.remaining, a.resetSeconds)
    }

    /// One for each rule, in the order in which the rules were first asked: of its subjects the one that has the least left.
    package static func tightest(of answers: [SubmissionAnswer]) -> [Self] {
        var found: [Self] = []
        var places: [String: Int] = [:]
        for quota in answers.lazy.flatMap(\.quotas) {
            if let place = places[quota.name] {
                found[place] = min(found[place], quota)
            } else {
                places[quota.name] = found.count
                found.append(quota)
            }
        }
        return found
    }
}

/// A submission that was read and waits for its decision.
final class PendingSubmission: Sendable {
    let request: SubmissionRequest
    /// As read by the rules of `revision`.
    let read: ReadSubmission
    /// Of the rules that judged it: when others hold at the decision, the request is read again.
    let revision: Int64
    let receivedAt: Timestamp
    /// Monotonic time at which the request arrived.
    let started: Duration

    init(
        request: SubmissionRequest, read: ReadSubmission, revision: Int64, receivedAt: Timestamp, started: Duration
    ) {
        self.request = request
        self.read = read
        self.revision = revision
        self.receivedAt = receivedAt
        self.started = started
    }

    var project: Project { request.project }
    var isReceiptTimeAssumed: Bool { request.assumedReceivedAt != nil }
}

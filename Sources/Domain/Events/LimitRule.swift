internal import Crypto

/// A limit on submissions, for each subject alone: how many may pass in how long.
///
/// A rule never changes: its identifier is derived from its content, so equal rules share their state and another limit
/// is another rule with a state of its own.
package struct LimitRule: Hashable, Sendable {
    /// Whose submissions are counted together.
    package enum AppliesTo: String, Sendable, CaseIterable, Codable {
        /// The submitting person.
        case user
        /// The submission's `source`.
        case source
        /// The API key (or member) that submits.
        case key
    }

    package enum Algorithm: String, Sendable, CaseIterable, Codable {
        /// Refills continuously; `burst` may pass at once.
        case tokenBucket = "token_bucket"
        /// Counts over the last `windowSeconds`, estimated from two aligned windows.
        case slidingWindow = "sliding_window"
    }

    package let appliesTo: AppliesTo
    /// Counts submissions of this source alone; nil: of every source.
    package let source: String?
    package let algorithm: Algorithm
    /// Submissions in one window.
    package let limit: Int
    package let windowSeconds: Int
    /// Submissions that a full token bucket lets pass at once; nil means `limit`.
    package let burst: Int?
    /// `user-`, `source-` or `key-` and 12 hexadecimal digits: the start of the SHA-256 of the rule's content.
    package let id: String

    package init(
        appliesTo: AppliesTo, source: String? = nil, algorithm: Algorithm, limit: Int, windowSeconds: Int,
        burst: Int? = nil
    ) {
        self.appliesTo = appliesTo
        self.source = source
        self.algorithm = algorithm
        self.limit = limit
        self.windowSeconds = windowSeconds
        let burst = burst == limit || algorithm == .slidingWindow ? nil : burst
        self.burst = burst
        let content =
            "limit rule v1|\(appliesTo.rawValue)|\(algorithm.rawValue)|\(limit)|\(windowSeconds)|\(burst ?? limit)|\(source ?? "*")"
        let digits = Array("0123456789abcdef".utf8)
        let hash = SHA256.hash(data: Array(content.utf8)).prefix(6).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        id = "\(appliesTo.rawValue)-\(String(decoding: hash, as: UTF8.self))"
    }

    /// The rule of a project that has set none: a bucket of one minute's worth for each user.
    package static func standard(perMinute: Int) -> LimitRule {
        LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: max(1, perMinute), windowSeconds: 60)
    }
}

/// What a rule remembers about one subject.
package struct LimitState: Hashable, Sendable {
    /// Token bucket: the instant at which the bucket is full again. Sliding window: the start of the current window.
    /// Microseconds since 1970.
    package var at: Int64
    /// Sliding window: submissions that passed in the current window. Token bucket: 0.
    package var current: Int64
    /// Sliding window: submissions that passed in the window before. Token bucket: 0.
    package var previous: Int64

    package init(at: Int64, current: Int64 = 0, previous: Int64 = 0) {
        self.at = at
        self.current = current
        self.previous = previous
    }
}

/// The rules of a project from one attempt on. Written once, never changed.
package struct LimitRulesVersion: Hashable, Sendable {
    package var projectID: ProjectID
    /// 1, 2, 3, … in the project.
    package var version: Int
    package var rules: [LimitRule]
    /// The project's newest attempt when the rules were set: they hold for every later one.
    package var afterSequence: Int64
    package var createdBy: String
    package var createdAt: Timestamp

    package init(
        projectID: ProjectID, version: Int, rules: [LimitRule], afterSequence: Int64, createdBy: String,
        createdAt: Timestamp
    ) {
        self.projectID = projectID
        self.version = version
        self.rules = rules
        self.afterSequence = afterSequence
        self.createdBy = createdBy
        self.createdAt = createdAt
    }
}

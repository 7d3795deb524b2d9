internal import Events
internal import Ports

/// A field that was refused, with the value as far as it is kept for support.
struct RefusedField: Hashable, Sendable {
    var problem: FieldProblem
    /// At most `Limits.keptValueBytesMax` bytes.
    var value: String?
}

/// What an accepted field looks like, without its value.
struct FieldShape: Hashable, Sendable {
    var name: String
    var shape: String
}

/// Why a submission is not looked at any further: its body or its headers cannot be used.
struct Refusal: Hashable, Sendable {
    var code: ErrorCode
    var detail: String
}

/// What a submission's bytes say, checked: the value between reading and deciding. Everything that depends on the bytes
/// alone is settled here, so the transaction only looks at state.
struct ReadSubmission: Hashable, Sendable {
    /// `unknown` when the body does not say, or says it wrongly.
    var source = "unknown"
    var channel = "unknown"
    /// The version of the source's schema that judged the fields: its number or `builtin`; nil when there was nothing to
    /// judge.
    var schemaVersion: String?
    var identity: UserIdentity?
    /// Whether the submission names a user, be it wrongly.
    var namesUser = false
    var userName: String?
    var sessionID: String?
    var retryAttempt = 1
    /// Canonical JSON: keys sorted by their bytes, no spaces.
    var fields = "{}"
    var fieldsDigest: [UInt8] = []
    /// When something was refused: the shapes of the fields that were right, sorted by name.
    var accepted: [FieldShape] = []
    /// The known, non-personal fields, as JSON values by name, for the event's attributes.
    var attributes: [KnownField: String] = [:]
    var refusal: Refusal?
    /// Whether the way in refused it: a stranger's post must not use up the limits of those who may submit.
    var isExemptFromLimits = false
    var refused: [RefusedField] = []
    var idempotencyKey: String?
    var answerLifetime = IdempotencyLimits.lifetime
    var bodyDigest: [UInt8] = []
    var bodyBytes = 0
    /// The request's facts as JSON, without braces of its own secrets: see `AttemptContext`.
    var facts = RequestFacts()
    var addressHash: String?
    /// Of the attempt's context and of its event, what the reading alone decides: written here, so that the transaction has
    /// less to do.
    private(set) var context = JSONObjectWriter()
    private(set) var eventAttributes: [UInt8] = []

    /// Called once everything else is known.
    mutating func finish() {
        context = AttemptContext.beginning(self)
        eventAttributes = SubmissionEvent.attributes(self)
    }

    mutating func refuse(_ pointer: String, _ code: ErrorCode, _ message: String, value: String? = nil) {
        guard refused.count < Limits.problemsMax else { return }
        refused.append(
            RefusedField(
                problem: FieldProblem(pointer: pointer, code: code, message: message),
                value: value.map { bounded($0, bytesMax: Limits.keptValueBytesMax) }))
    }
}

/// The text cut to at most so many bytes, at a character boundary.
func bounded(_ text: String, bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    var out = ""
    var room = bytesMax
    for character in text {
        room -= character.utf8.count
        guard room >= 0 else { break }
        out.append(character)
    }
    return out
}

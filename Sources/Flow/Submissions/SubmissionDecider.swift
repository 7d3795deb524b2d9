internal import Events
internal import Ports

/// The rules of a submission over what is stored, in order; the first that applies decides:
///
/// closed day · repeated key · limits · unusable request · no user · field problems · duplicate · **accepted**.
///
/// Every one but the closed day and the repeated key appends exactly one attempt.
struct SubmissionDecider: Sendable {
    let clock: any Clock
    let identifiers: any Identifiers
    let book: RuleBook

    /// What has been found out about one submission so far.
    private struct Case {
        let item: PendingSubmission
        let read: ReadSubmission
        let rules: CompiledRules
        let attemptID: String
        let tip: AttemptTip?
        let receivedAt: Timestamp
        let date: LogicalDate
        /// The closed day that it came for, and when it came.
        let late: (date: LogicalDate, receivedAt: Timestamp)?
        var userID: String?
        var limits: [LimitVerdict] = []
        var duplicateOf: String?
        var project: ProjectID { item.project.id }
    }

    func decide(_ item: PendingSubmission, _ ledger: any SubmissionTransaction) throws(LedgerError) -> SubmissionAnswer
    {
        let tip = try ledger.tip(of: item.project.id)
        let (receivedAt, date, isClosed, late) = try receipt(of: item, tip: tip, ledger)
        if isClosed {
            return .refused(
                Problem(
                    .dayClosed,
                    "The day \(date) of this project is closed and cannot take submissions. Use a receipt time on an open day."
                ))
        }
        let rules = try book.compiled(ledger.rules(of: item.project.id), of: item.project.id)
        // Read again when the rules changed on the way here.
        let read =
            item.revision == rules.revision ? item.read : SubmissionReader.read(item.request, rules: rules)
        var now = Case(
            item: item, read: read, rules: rules, attemptID: identifiers.make(.attempt, at: receivedAt), tip: tip,
            receivedAt: receivedAt, date: date, late: late)
        if let key = read.idempotencyKey,
            let record = try ledger.idempotencyRecord(key, of: item.project.id), record.expiresAt > receivedAt
        {
            if record.bodyDigest == read.bodyDigest, let answer = StoredAnswer.replay(record.answer) {
                return answer
            }
            // The person is known by what this body says, though nothing else of it counts.
            if read.refusal == nil, let identity = read.identity {
                now.userID = try ledger.userID(of: identity, in: item.project.id)
            }
            return try refuse(
                now, .idempotencyKeyReused,
                "This Idempotency-Key was used with another body (attempt \(record.attemptID)). Use a new key for a new submission.",
                ledger, keepsAnswer: false)
        }
        if read.refusal == nil, let identity = read.identity {
            now.userID = try findOrCreateUser(identity, now, ledger)
        }
        if !read.isExemptFromLimits, let refused = try limit(&now, ledger) { return refused }
        if let refusal = read.refusal { return try refuse(now, refusal.code, refusal.detail, ledger) }
        guard read.namesUser else {
            return try refuse(
                now, .userUnknown, "Name the user: at least one of user.email, user.phone and user.external_id.", ledger
            )
        }
        if let first = read.refused.first {
            let more = read.refused.count - 1
            let detail = "\(first.problem.pointer): \(first.problem.message)" + (more > 0 ? " (and \(more) more)" : "")
            return try refuse(now, first.problem.code, detail, ledger)
        }
        guard let userID = now.userID else {
            preconditionFailure("a submission that names its user has an identity or a refused field")
        }
        now.duplicateOf = try ledger.leadID(
            ofUser: userID, source: read.source, digest: read.fieldsDigest,
            createdIn: receivedAt - Limits.duplicateWindow + .microseconds(1)..<receivedAt + Limits.duplicateWindow,
            project: now.project)
        if let leadID = now.duplicateOf {
            return try refuse(
                now, .duplicateLead,
                "The same user sent the same fields from \(read.source) within 24 hours: lead \(leadID).", ledger)
        }
        return try accept(now, userID: userID, ledger)
    }

    /// Live traffic never goes back in time within its project, and moves on from a day that was closed while it waited;
    /// an assumed receipt time is taken as it is.
    private func receipt(
        of item: PendingSubmission, tip: AttemptTip?, _ ledger: any SubmissionTransaction
    ) throws(LedgerError) -> (
        Timestamp, LogicalDate, isClosed: Bool, late: (date: LogicalDate, receivedAt: Timestamp)?
    ) {
        let calendar = item.project.calendar
        guard !item.isReceiptTimeAssumed else {
            let date = calendar.date(at: item.receivedAt)
            return (item.receivedAt, date, try ledger.isClosed(date, of: item.project.id), nil)
        }
        var receivedAt = max(item.receivedAt, tip?.receivedAt ?? item.receivedAt)
        var date = calendar.date(at: receivedAt)
        let wanted = (date: date, receivedAt: receivedAt)
        while try ledger.isClosed(date, of: item.project.id) {
            date = date.next
            receivedAt = calendar.start(of: date)
        }
        return (receivedAt, date, false, date == wanted.date ? nil : wanted)
    }

    private func findOrCreateUser(
        _ identity: UserIdentity, _ now: Case, _ ledger: any SubmissionTransaction
    ) throws(LedgerError) -> String {
        if let known = try ledger.userID(of: identity, in: now.project) { return known }
        let userID = identifiers.make(.user, at: now.receivedAt)
        try ledger.insert(
            SubmittingUser(
                userID: userID, projectID: now.project, identity: identity, name: now.read.userName,
                createdAt: now.receivedAt))
        return userID
    }

    /// Asks every limit that concerns the submission; the answer when one of them refuses it.
    private func limit(_ now: inout Case, _ ledger: any SubmissionTransaction) throws(LedgerError) -> SubmissionAnswer?
    {
        let project = now.project
        now.limits = try LimitCheck.verdicts(
            now.rules.limits ?? book.standardLimits(perMinute: now.item.project.submissionsPerUserPerMinute),
            LimitSubjects(user: now.userID, source: now.read.source, key: now.read.facts.submitter),
            now: now.receivedAt
        ) { (rule, subject) throws(LedgerError) in try ledger.limitState(rule.id, of: subject, in: project) }
        guard let first = now.limits.first(where: { !$0.step.isAllowed }) else {
            for verdict in now.limits {
                guard let after = verdict.after else { continue }
                try ledger.setLimitState(after, verdict.rule.id, of: verdict.subject, in: project, at: now.receivedAt)
            }
            return nil
        }
        // The submission passes when every rule that refuses it would let it pass.
        let passesAt = now.limits.filter { !$0.step.isAllowed }.map(\.step.passesAt).max() ?? now.receivedAt
        return try refuse(
            now, first.code, first.refusal(passesAt: passesAt), ledger, keepsAnswer: false,
            retryAfterSeconds: max(1, wholeSeconds(from: now.receivedAt, to: passesAt)))
    }

    // MARK: Writing

    private func accept(
        _ now: Case, userID: String, _ ledger: any SubmissionTransaction
    ) throws(LedgerError) -> SubmissionAnswer {
        let leadID = identifiers.make(.lead, at: now.receivedAt)
        let attempt = try append(now, leadID: leadID, failure: nil, ledger)
        let lead = Lead(
            leadID: leadID, projectID: now.project, attemptID: attempt.attemptID, userID: userID,
            source: attempt.source, channel: attempt.channel, createdAt: now.receivedAt, fields: now.read.fields)
        try ledger.insert(lead, digest: now.read.fieldsDigest)
        var answer = SubmissionAnswer.accepted(
            SubmissionReceipt(
                leadID: leadID, attemptID: attempt.attemptID, userID: userID, receivedAt: now.receivedAt,
                sequence: attempt.sequence))
        try keep(answer, now, ledger)
        answer.quotas = now.limits.map { $0.quota(now: now.receivedAt) }
        return answer
    }

    private func refuse(
        _ now: Case, _ code: ErrorCode, _ detail: String, _ ledger: any SubmissionTransaction,
        keepsAnswer: Bool = true, retryAfterSeconds: Int? = nil
    ) throws(LedgerError) -> SubmissionAnswer {
        let attempt = try append(
            now, leadID: nil, failure: (code, bounded(detail, bytesMax: Limits.messageBytesMax)), ledger)
        let isAboutFields = now.read.refused.first?.problem.code == code
        var answer = SubmissionAnswer.refused(
            Problem(
                code, detail, fields: isAboutFields ? now.read.refused.map(\.problem) : [],
                retryAfterSeconds: retryAfterSeconds, attemptID: attempt.attemptID))
        if keepsAnswer { try keep(answer, now, ledger) }
        answer.quotas = now.limits.map { $0.quota(now: now.receivedAt) }
        return answer
    }

    private func append(
        _ now: Case, leadID: String?, failure: (code: ErrorCode, message: String)?, _ ledger: any SubmissionTransaction
    ) throws(LedgerError) -> Attempt {
        var attempt = Attempt(
            attemptID: now.attemptID, projectID: now.project, sequence: (now.tip?.sequence ?? 0) + 1,
            userID: now.userID, source: now.read.source, channel: now.read.channel, receivedAt: now.receivedAt,
            logicalDate: now.date, outcome: failure == nil ? .success : .failure,
            failureCategory: failure?.code.category, failureCode: failure?.code.rawValue,
            failureMessage: failure?.message,
            context: AttemptContext.json(
                now.read, limits: now.limits, duplicateOf: now.duplicateOf, late: now.late),
            retryAttempt: now.read.retryAttempt,
            durationMilliseconds: max(0, (clock.monotonic - now.item.started).milliseconds),
            idempotencyKey: now.read.idempotencyKey, leadID: leadID,
            previousHash: now.tip?.hash ?? AttemptHash.genesis, hash: [])
        attempt.hash = AttemptHash.hash(of: attempt)
        try ledger.append(attempt)
        try ledger.append(
            OutboxEvent(
                projectID: now.project, eventID: attempt.attemptID, receivedAt: attempt.receivedAt,
                event: SubmissionEvent.json(attempt, read: now.read)))
        return attempt
    }

    private func keep(
        _ answer: SubmissionAnswer, _ now: Case, _ ledger: any SubmissionTransaction
    ) throws(LedgerError) {
        guard let key = now.read.idempotencyKey else { return }
        let json: String
        do { json = try StoredAnswer(answer, attemptID: now.attemptID).json } catch {
            throw .failed(operation: "encoding the answer of an idempotency key", detail: String(describing: error))
        }
        try ledger.put(
            IdempotencyRecord(
                key: key, bodyDigest: now.read.bodyDigest, attemptID: now.attemptID, answer: json,
                createdAt: now.receivedAt, expiresAt: now.receivedAt + now.read.answerLifetime),
            of: now.project)
    }
}

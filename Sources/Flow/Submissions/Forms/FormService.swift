package import Events
package import Ports
package import Telemetry

/// A post of a web form, as it arrived.
package struct FormPost: Sendable {
    package enum Body: Sendable {
        case form([UInt8])
        /// The edge could not take it (too large, another content type).
        case unreadable(Problem)
    }
    package var project: Project
    package var source: String
    package var body: Body
    /// The `Origin` header.
    package var origin: String?
    /// The `Idempotency-Key` header; the form's hidden field counts without it.
    package var idempotencyKey: String?
    package var facts: RequestFacts

    package init(
        project: Project, source: String, body: Body, origin: String?, idempotencyKey: String?, facts: RequestFacts
    ) {
        self.project = project
        self.source = source
        self.body = body
        self.origin = origin
        self.idempotencyKey = idempotencyKey
        self.facts = facts
    }
}

/// What the page that posted is told.
package struct FormAnswer: Sendable {
    /// The attempt's identifier: a reference for the person. The lead's own is not for strangers.
    package var result: Result<String, Problem>
    package var isReplayed = false
    /// An address of the form's list; nil for an answer page of our own.
    package var redirect: String?
    /// The names of the page's fields by JSON Pointer.
    package var names: [String: String] = [:]
    /// The form's own limits (`form-address`, `form-source`); with a refusal by the project's limits these as well. Only
    /// then: what a person has left is not for strangers, and a filled honeypot, which no limit is asked about, has to be
    /// answered like a success.
    package var quotas: [SubmissionQuota] = []
}

/// Forms post without credentials: anybody on the web can. So a form has to be switched on, is limited by address and in
/// all, redirects only to its own list, and answers a filled honeypot exactly like a success.
package struct FormService: Sendable {
    private let published: PublishedWaysIn
    private let submissions: SubmissionService
    private let clock: any Clock
    private let log: RefusalLog
    private let budget = RequestBudget()

    package init(
        published: PublishedWaysIn, submissions: SubmissionService, clock: any Clock, telemetry: Telemetry
    ) {
        self.published = published
        self.submissions = submissions
        self.clock = clock
        log = RefusalLog(submissions: submissions, clock: clock, telemetry: telemetry)
    }

    /// The value for `Access-Control-Allow-Origin`: the asking origin, when the form's list has it.
    package func allowedOrigin(_ origin: String?, source: String, project: ProjectID) -> String? {
        guard let origin, let form = published.form(of: source, project), form.isEnabled,
            form.allowedOrigins.contains(origin)
        else { return nil }
        return origin
    }

    package func submit(_ post: FormPost) async -> FormAnswer {
        let form = published.form(of: post.source, post.project.id)
        guard let form, form.isEnabled else {
            let problem = Problem(
                .formDisabled,
                "Forms of the source \(post.source) are not switched on in this project. An admin can do so in its settings."
            )
            return await refused(problem, post, source: form == nil ? "unknown" : post.source)
        }
        let (asked, limits, exceeded) = limit(post)
        var answer: FormAnswer
        if let problem = exceeded ?? origin(post, form) {
            var post = post
            post.facts.askedLimits = exceeded == nil ? [] : limits
            answer = await refused(problem, post, source: post.source)
        } else {
            answer = await decided(post, form)
        }
        answer.quotas = asked + answer.quotas
        return answer
    }

    /// Logs a post whose address is that of no form.
    package func refuse(_ problem: Problem, project: Project, facts: RequestFacts) async -> Problem {
        await log.refuse(problem, project: project, source: "unknown", body: [], facts: facts)
    }

    private func decided(_ post: FormPost, _ form: LeadForm) async -> FormAnswer {
        switch post.body {
        case .unreadable(let problem): return await submitted(post, .unreadable(problem), form)
        case .form(let bytes):
            do throws(Problem) {
                return await submit(try FormBody(bytes, honeypot: form.honeypot), bytes, post, form)
            } catch {
                return await submitted(post, .refused(error, bytes), form)
            }
        }
    }

    private func submit(_ body: FormBody, _ bytes: [UInt8], _ post: FormPost, _ form: LeadForm) async -> FormAnswer {
        let targets = form.redirectTargets.compactMap(WebAddress.init)
        var redirects: [String: WebAddress] = [:]
        for (name, asked, configured) in [
            ("success_redirect", body.successRedirect, form.successRedirect),
            ("failure_redirect", body.failureRedirect, form.failureRedirect),
        ] {
            guard let text = asked ?? configured else { continue }
            guard let address = WebAddress(text), targets.contains(where: address.isWithin) else {
                let problem = Problem(
                    .redirectForbidden,
                    "The form's \(name) is not on the list of this form. The site's owner has to add it, or leave the field out.",
                    fields: [
                        FieldProblem(
                            pointer: "/\(name)", code: .redirectForbidden,
                            message: "Use an address of the form's redirect_targets.")
                    ])
                var answer = await submitted(post, .refused(problem, bytes), form)
                if case .failure(var logged) = answer.result {
                    logged.fields = problem.fields
                    answer.result = .failure(logged)
                }
                return answer
            }
            redirects[name] = address
        }
        let key = (post.idempotencyKey ?? body.idempotencyKey).map { DerivedKey.text("form.\(post.source)", $0) }
        var answer: FormAnswer
        if body.isHoneypotFilled {
            let problem = Problem(
                .honeypotFilled, "The field \(form.honeypot), which people do not see, was filled in.")
            answer = await submitted(post, .refused(problem, bytes), form, key: key)
        } else {
            answer = await submitted(post, .json(body.submission), form, key: key)
        }
        answer.names = body.names
        switch answer.result {
        case .success: answer.redirect = redirects["success_redirect"]?.text
        case .failure(let problem):
            answer.redirect =
                redirects["failure_redirect"]?.adding([
                    ("daybook_error", problem.code.rawValue),
                    (
                        "daybook_fields",
                        problem.fields.map { body.names[$0.pointer] ?? $0.pointer }.joined(separator: ",")
                    ),
                ]).text
        }
        return answer
    }

    private func submitted(
        _ post: FormPost, _ body: SubmissionRequest.Body, _ form: LeadForm, key: String? = nil
    ) async -> FormAnswer {
        var request = SubmissionRequest(project: post.project, body: body, idempotencyKey: key, facts: post.facts)
        request.source = post.source
        request.facts.valuesAreText = true
        let answer = await submissions.submit(request)
        switch answer.result {
        case .success(let receipt):
            return FormAnswer(result: .success(receipt.attemptID), isReplayed: answer.isReplayed)
        case .failure(let problem):
            if problem.code == .honeypotFilled, let attemptID = problem.attemptID {
                return FormAnswer(result: .success(attemptID), isReplayed: answer.isReplayed)
            }
            let isLimited = problem.code.category == .rateLimited
            return FormAnswer(
                result: .failure(problem), isReplayed: answer.isReplayed, quotas: isLimited ? answer.quotas : [])
        }
    }

    private func refused(_ problem: Problem, _ post: FormPost, source: String) async -> FormAnswer {
        var bytes: [UInt8] = []
        if case .form(let sent) = post.body { bytes = sent }
        return FormAnswer(
            result: .failure(
                await log.refuse(problem, project: post.project, source: source, body: bytes, facts: post.facts)))
    }

    /// What the form's own limits say, and the refusal of the first that is used up.
    private func limit(
        _ post: FormPost
    ) -> (asked: [SubmissionQuota], limits: [AskedLimit], exceeded: Problem?) {
        let name = "\(post.project.id)|\(post.source)"
        var asked: [SubmissionQuota] = []
        var limits: [AskedLimit] = []
        if let address = post.facts.address {
            let perMinute = WaysInLimits.formPostsPerAddressPerMinute
            let (quota, limit, wait) = take("\(name)|\(address)", perMinute, .address, as: "form-address")
            asked.append(quota)
            limits.append(limit)
            if let wait {
                return (
                    asked, limits,
                    Problem(
                        .rateLimitAddress, "At most \(perMinute) posts a minute from one network address.",
                        retryAfterSeconds: wait)
                )
            }
        }
        let perMinute = WaysInLimits.formPostsPerMinute
        let (quota, limit, wait) = take(name, perMinute, .source, as: "form-source")
        asked.append(quota)
        limits.append(limit)
        return (
            asked, limits,
            wait.map { wait in
                Problem(
                    .rateLimitSource, "This form takes at most \(perMinute) posts a minute.", retryAfterSeconds: wait)
            }
        )
    }

    private func take(
        _ bucket: String, _ perMinute: Int, _ appliesTo: AskedLimit.AppliesTo, as name: String
    ) -> (SubmissionQuota, AskedLimit, waitSeconds: Int?) {
        let room = budget.take(bucket, perMinute: perMinute, now: clock.monotonic)
        let quota = SubmissionQuota(
            name: name, quota: perMinute, windowSeconds: 60, remaining: room.remaining,
            resetSeconds: room.untilFull.wholeSecondsUp)
        let limit = AskedLimit(
            name: name, appliesTo: appliesTo, perMinute: perMinute, isAllowed: room.wait == nil,
            before: room.remaining + (room.wait == nil ? 1 : 0), after: room.remaining,
            passesAt: room.wait.map { clock.now + $0 })
        return (quota, limit, room.wait.map { max(1, $0.wholeSecondsUp) })
    }

    private func origin(_ post: FormPost, _ form: LeadForm) -> Problem? {
        guard !form.allowedOrigins.isEmpty, post.origin.map({ !form.allowedOrigins.contains($0) }) ?? true else {
            return nil
        }
        return Problem(
            .originForbidden,
            "This form takes posts from its own sites alone, and the request names \(post.origin.map { bounded($0, bytesMax: 100) } ?? "none"). An admin can add the site to allowed_origins."
        )
    }
}

/// An idempotency key of a way in: apart from the keys of every other way, so that a stranger's form cannot ask for the
/// answer that a partner's key got.
enum DerivedKey {
    /// `way.key`, or a hash of the key where that would be too long. Characters that no key may have stay, and are refused.
    static func text(_ way: String, _ key: String) -> String {
        let whole = "\(way).\(key)"
        return whole.utf8.count <= IdempotencyLimits.keyBytesMax ? whole : "\(way).sha256-\(sha256Hex(key))"
    }
}

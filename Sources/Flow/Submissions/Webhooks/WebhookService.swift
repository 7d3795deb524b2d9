package import Events
package import Ports
package import Telemetry
internal import Wire

/// A webhook as it arrived.
package struct WebhookPost: Sendable {
    package enum Body: Sendable {
        case json([UInt8])
        /// Sent as something that is not taken (content type, encoding). The signature over it counts all the same.
        case unsupported(Problem, [UInt8])
        /// The edge could not take it (too large), so nobody can say who signed it.
        case unreadable(Problem)
    }
    package var project: Project
    package var source: String
    /// `webhook-id`.
    package var id: String?
    /// `webhook-timestamp`: whole seconds since 1970.
    package var timestamp: String?
    /// `webhook-signature`.
    package var signature: String?
    package var body: Body
    package var facts: RequestFacts

    package init(
        project: Project, source: String, id: String?, timestamp: String?, signature: String?, body: Body,
        facts: RequestFacts
    ) {
        self.project = project
        self.source = source
        self.id = id
        self.timestamp = timestamp
        self.signature = signature
        self.body = body
        self.facts = facts
    }
}

/// Webhooks by the Standard Webhooks specification: signed with a secret of the source, at most five minutes old, and
/// answered once per `webhook-id`: a repetition gets the first answer again. Everything else is refused and logged as an
/// attempt: what its sender signed always, anything else within the budget of `RefusalLog`.
///
/// The body is a submission, or an envelope `{type, timestamp, data}` whose `data` is one.
package struct WebhookService: Sendable {
    private let published: PublishedWaysIn
    private let submissions: SubmissionService
    private let clock: any Clock
    private let log: RefusalLog

    package init(
        published: PublishedWaysIn, submissions: SubmissionService, clock: any Clock, telemetry: Telemetry
    ) {
        self.published = published
        self.submissions = submissions
        self.clock = clock
        log = RefusalLog(submissions: submissions, clock: clock, telemetry: telemetry)
    }

    package func submit(_ post: WebhookPost) async -> SubmissionAnswer {
        let bytes: [UInt8]
        switch post.body {
        case .json(let sent), .unsupported(_, let sent): bytes = sent
        case .unreadable(let problem): return await refused(problem, post, [])
        }
        let id: String
        let secret: WebhookSecret
        do throws(Problem) {
            (id, secret) = try verify(post, bytes)
        } catch {
            return await refused(error, post, bytes)
        }
        published.recordUse(of: secret.secretID, at: clock.now)
        var request = SubmissionRequest(
            project: post.project, body: .json(Self.submission(in: bytes)),
            idempotencyKey: DerivedKey.text("webhook.\(post.source)", id), facts: post.facts)
        if case .unsupported(let problem, _) = post.body {
            request.body = .unreadable(problem)
            // The sender delivers the message again, as it should be, under the same webhook-id.
            request.idempotencyKey = nil
        }
        request.facts.submitter = secret.secretID
        request.source = post.source
        return await submissions.submit(request)
    }

    /// Logs a post whose address names no source.
    package func refuse(_ problem: Problem, project: Project, facts: RequestFacts) async -> Problem {
        await log.refuse(problem, project: project, source: "unknown", body: [], facts: facts)
    }

    private func refused(_ problem: Problem, _ post: WebhookPost, _ bytes: [UInt8]) async -> SubmissionAnswer {
        let isKnown = !published.secrets(of: post.source, post.project.id).isEmpty
        return .refused(
            await log.refuse(
                problem, project: post.project, source: isKnown ? post.source : "unknown", body: bytes,
                facts: post.facts))
    }

    private func verify(
        _ post: WebhookPost, _ body: [UInt8]
    ) throws(Problem) -> (id: String, secret: WebhookSecret) {
        let now = clock.now
        let secrets = published.secrets(of: post.source, post.project.id).filter { $0.secret.isValid(at: now) }
        guard !secrets.isEmpty else {
            throw Problem(
                .webhookSecretUnknown,
                "There is no valid secret for webhooks of the source \(bounded(post.source, bytesMax: 64)). An admin can create one in the project's settings."
            )
        }
        guard let id = post.id, let timestamp = post.timestamp, let signature = post.signature else {
            throw Problem(
                .webhookSignatureMissing,
                "Send webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks specification).")
        }
        guard id.utf8.count <= WaysInLimits.webhookIDBytesMax, id.contains(where: { !$0.isWhitespace }) else {
            throw Problem(
                .webhookSignatureInvalid,
                "webhook-id has 1 to \(WaysInLimits.webhookIDBytesMax) bytes, not all of them spaces; this one has \(id.utf8.count)."
            )
        }
        guard signature.utf8.count <= WaysInLimits.webhookHeaderBytesMax,
            signature.split(separator: " ").count <= WaysInLimits.webhookSignaturesMax
        else {
            throw Problem(
                .webhookSignatureInvalid,
                "webhook-signature has at most \(WaysInLimits.webhookSignaturesMax) signatures and \(WaysInLimits.webhookHeaderBytesMax) bytes. Send those of the secrets in use alone."
            )
        }
        guard let seconds = Int64(timestamp), timestamp.utf8.allSatisfy({ (48...57).contains($0) }),
            timestamp.utf8.count <= 12
        else {
            throw Problem(
                .webhookTimestampStale, "webhook-timestamp must be the whole seconds since 1970 at which it was sent.")
        }
        let distance = now - Timestamp(microseconds: seconds * 1_000_000)
        guard distance <= WaysInLimits.webhookTolerance, distance >= .zero - WaysInLimits.webhookTolerance else {
            throw Problem(
                .webhookTimestampStale,
                "webhook-timestamp differs from the server's clock by more than \(WaysInLimits.webhookTolerance.components.seconds) seconds. Sign each delivery with the time at which it is sent."
            )
        }
        guard
            let secret = WebhookSignature.signer(
                signature, id: id, timestamp: timestamp, body: body, secrets: secrets)
        else {
            throw Problem(
                .webhookSignatureInvalid,
                "No signature matches. Sign `webhook-id.webhook-timestamp.body`, the body byte for byte as it is sent, with HMAC-SHA256 and the base64-decoded part of the secret behind whsec_."
            )
        }
        return (id, secret)
    }

    /// The `data` of an envelope; the body itself when it is none. What cannot be read is left to the submission's reader.
    static func submission(in body: [UInt8]) -> [UInt8] {
        guard !body.isEmpty else { return body }
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }  // what it parsed points into it
        return body.withUnsafeBufferPointer { buffer in
            guard let root = try? parser.root(of: buffer), root["type"] != nil, let data = root["data"],
                data.kind == .object
            else { return body }
            var out: [UInt8] = []
            data.write(to: &out)
            return out
        }
    }
}

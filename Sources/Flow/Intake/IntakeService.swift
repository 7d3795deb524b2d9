// Intake: bytes of a batch → a verdict for each item → one durable frame → an acknowledgement.
//
// Purpose. Nothing is acknowledged before it is durable, nothing is decoded to objects, and no bad item hides a good one:
// the bytes of valid items are copied once, into the frame that goes to the stream.
//
// Constraints. Memory is bounded before it grows (`Admission`, `WireLimits`). No database is asked: projects and keys come
// from published snapshots. Nothing here blocks; the only wait is for the stream's sync.
//
// Stored format. One `StreamFrame` a batch. It carries the counts of what was not passed on, so that rejections are as
// durable as events. A body that cannot be read as a batch counts as one item, received and rejected with its code; a
// batch that is refused by a quota or by overload counts as nothing, since nothing was received.
//
// Failure cases. Quota used up: 429. Too many bytes in flight, or the stream's queue full: 503 with Retry-After. Disk full:
// 507. The stream fails: 503, nothing acknowledged. No valid item: 422 with the same per-item results. A crash between the
// sync and the answer: the client repeats the batch, and the event store drops what it knows.

package import Events
package import Ports
package import Telemetry
internal import Wire

package final class IntakeService: Sendable {
    private let stream: any EventStream
    private let directory: any ProjectDirectory
    private let clock: any Clock
    private let identifiers: any Identifiers
    let telemetry: Telemetry
    let limits: IntakeLimits
    private let validation: BatchValidation
    private let limiter: RateLimiter
    private let decoders = DecoderPool()
    private let recent: RecentIdentifiers
    /// Room for bodies: an edge reserves it before it collects one.
    package let admission: Admission

    package init(
        stream: any EventStream, directory: any ProjectDirectory, clock: any Clock, identifiers: any Identifiers,
        telemetry: Telemetry, limits: IntakeLimits = IntakeLimits()
    ) {
        self.stream = stream
        self.directory = directory
        self.clock = clock
        self.identifiers = identifiers
        self.telemetry = telemetry
        self.limits = limits
        recent = RecentIdentifiers(capacity: limits.recentIdentifiersMax)
        validation = BatchValidation(decoders: decoders, recent: recent)
        limiter = RateLimiter(burstSeconds: limits.burstSeconds)
        let admission = Admission(bytesMax: limits.bytesInFlightMax, retryAfterSeconds: limits.overloadRetrySeconds)
        self.admission = admission
        telemetry.metrics.collect { $0.set(IntakeMetrics.inFlight, to: Double(admission.bytesInFlight)) }
    }

    /// Takes a batch in. Returns once every accepted item is durable.
    ///
    /// Throws a problem for the batch as a whole: `rate_limit_project`, `rate_limit_key`, `overloaded`, a `body_…` or
    /// `batch_…` code, `encoding_unsupported`, `media_type_unsupported`, `storage_full`, `dependency_unavailable`,
    /// `shutting_down`; and `batch_nothing_valid` with the receipt's members when no item was valid.
    package func accept(_ request: IntakeRequest) async throws(Problem) -> IntakeReceipt {
        do throws(Problem) {
            return try await accepted(request)
        } catch {
            telemetry.emit(
                BatchRefused(projectID: request.projectID, code: error.code, detail: error.detail),
                correlationID: request.correlationID, trace: request.trace)
            throw error
        }
    }

    private func accepted(_ request: IntakeRequest) async throws(Problem) -> IntakeReceipt {
        let started = clock.monotonic
        let project = try known(request.projectID)
        try checkQuota(project, request.principal)
        let ticket = try admission.reserve(request.body.count)
        defer { withExtendedLifetime(ticket) {} }
        let body: BatchBody
        do throws(Problem) {
            body = try BatchBody(request, ticket)
        } catch {
            await recordUnreadable(request, error)
            throw error
        }
        charge(project, request.principal, events: max(1, body.ranges.count))
        let batchID = identifiers.make(.batch, at: request.receivedAt)
        guard !body.ranges.isEmpty else {
            return IntakeReceipt(batchID: batchID, accepted: 0, duplicates: 0, rejected: [])
        }
        let (batch, frame) = frame(of: body, request)
        try await append(frame)
        recent.register(batch.identities)
        telemetry.emit(
            BatchAccepted(
                projectID: request.projectID, batchID: batchID, bytes: body.bytes.count, accepted: batch.fresh.count,
                counts: frame.counts, seconds: (clock.monotonic - started).milliseconds / 1000),
            correlationID: request.correlationID, trace: request.trace)
        let receipt = IntakeReceipt(
            batchID: batchID, accepted: batch.fresh.count, duplicates: batch.duplicates, rejected: batch.rejected)
        guard batch.fresh.count + batch.duplicates > 0 else { throw nothingValid(receipt) }
        return receipt
    }

    /// Says what would become of a batch, and stores nothing. Costs quota like `accept`.
    package func explain(_ request: IntakeRequest) async throws(Problem) -> IntakeExplanation {
        let project = try known(request.projectID)
        try checkQuota(project, request.principal)
        let ticket = try admission.reserve(request.body.count)
        defer { withExtendedLifetime(ticket) {} }
        let body = try BatchBody(request, ticket)
        charge(project, request.principal, events: max(1, body.ranges.count))
        return body.bytes.withBytes { bytes in
            let batch = validation.validate(
                bytes, body.ranges, project: request.projectID, receivedAt: request.receivedAt)
            let shown = batch.fresh.prefix(limits.explainedEventsMax).map { range in
                normalised(UnsafeBufferPointer(rebasing: bytes[range]), project, request.receivedAt)
            }
            return IntakeExplanation(
                accepted: batch.fresh.count, duplicates: batch.duplicates, rejected: batch.rejected, wouldStore: shown)
        }
    }

    /// Sends quarantined items through again, as received now. An item that is still not a valid event is not stored.
    package func replay(project projectID: ProjectID, items: [[UInt8]]) async throws(Problem) -> ReplayReceipt {
        _ = try known(projectID)
        let now = clock.now
        var kept: [UInt8] = []
        var failed: [RejectedItem] = []
        for (index, item) in items.enumerated() {
            let padded = PaddedBytes(item)
            let one = 0..<padded.count
            let batch = padded.withBytes { validation.validate($0, [one], project: projectID, receivedAt: now) }
            failed += batch.rejected.map { rejected in
                var rejected = rejected
                rejected.index = index
                return rejected
            }
            if batch.rejected.isEmpty { Self.append(item: item, to: &kept) }
        }
        let replayed = items.count - failed.count
        guard replayed > 0 else { return ReplayReceipt(replayed: 0, failed: failed) }
        var counts = BooksDelta()
        counts.received = Int64(replayed)
        try await append(
            StreamFrame(projectID: projectID, receivedAt: now, counts: counts, itemCount: replayed, items: kept))
        return ReplayReceipt(replayed: replayed, failed: failed)
    }

    /// The caller's quotas as they stand, for the answer's headers.
    package func quotas(of projectID: ProjectID, _ principal: Principal) -> [QuotaState] {
        guard let project = directory.project(projectID) else { return [] }
        return buckets(project, principal).map { limiter.state($0, now: clock.monotonic) }
    }

    /// Nil for a project that nobody knows.
    package func project(_ id: ProjectID) -> Project? { directory.project(id) }

    // MARK: Steps

    private func known(_ id: ProjectID) throws(Problem) -> Project {
        guard let project = directory.project(id) else {
            throw Problem(
                .projectForbidden,
                "These credentials do not belong to project \(id). Check the project_id in the address.")
        }
        return project
    }

    private func buckets(_ project: Project, _ principal: Principal) -> [RateLimiter.Bucket] {
        var buckets = [RateLimiter.Bucket(owner: .project(project.id), rate: max(1, project.eventsPerSecond))]
        if case .apiKey(let key) = principal.kind, let rate = principal.eventsPerSecond {
            buckets.append(RateLimiter.Bucket(owner: .key(key), rate: max(1, rate)))
        }
        return buckets
    }

    private func checkQuota(_ project: Project, _ principal: Principal) throws(Problem) {
        for bucket in buckets(project, principal) {
            guard let seconds = limiter.refusal(bucket, now: clock.monotonic) else { continue }
            let isProject = bucket.name == "project"
            throw Problem(
                isProject ? .rateLimitProject : .rateLimitKey,
                "The \(isProject ? "project" : "key") may send \(bucket.rate) events a second, with bursts of "
                    + "\(limits.burstSeconds) seconds' worth. Retry in \(seconds) s, or ask for a higher limit.",
                retryAfterSeconds: seconds)
        }
    }

    private func charge(_ project: Project, _ principal: Principal, events: Int) {
        for bucket in buckets(project, principal) { limiter.charge(bucket, events: events, now: clock.monotonic) }
    }

    private func frame(of body: BatchBody, _ request: IntakeRequest) -> (ValidatedBatch, StreamFrame) {
        body.bytes.withBytes { bytes in
            let batch = validation.validate(
                bytes, body.ranges, project: request.projectID, receivedAt: request.receivedAt)
            var items: [UInt8] = []
            items.reserveCapacity(batch.fresh.reduce(0) { $0 + $1.count + 4 })
            for range in batch.fresh { Self.append(item: UnsafeBufferPointer(rebasing: bytes[range]), to: &items) }
            let frame = StreamFrame(
                projectID: request.projectID, receivedAt: request.receivedAt, counts: batch.counts,
                itemCount: batch.fresh.count, items: items)
            return (batch, frame)
        }
    }

    private static func append(item: some Collection<UInt8>, to items: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(item.count).littleEndian) { items.append(contentsOf: $0) }
        items.append(contentsOf: item)
    }

    private func append(_ frame: StreamFrame) async throws(Problem) {
        do throws(StreamError) {
            _ = try await stream.append(frame)
        } catch {
            throw problem(for: error)
        }
    }

    private func problem(for error: StreamError) -> Problem {
        switch error {
        case .full:
            Problem(
                .storageFull,
                "The stream's disk budget is used up. Nothing of this batch was stored; send it again later.",
                retryAfterSeconds: limits.storageRetrySeconds)
        case .overloaded:
            Problem(
                .overloaded,
                "More arrives than the disk can take. Nothing of this batch was stored; send it again shortly.",
                retryAfterSeconds: limits.overloadRetrySeconds)
        case .closed:
            Problem(
                .shuttingDown, "The service is shutting down. Nothing of this batch was stored; send it again.",
                retryAfterSeconds: limits.overloadRetrySeconds)
        case .io, .corrupt, .offsetGone:
            Problem(
                .dependencyUnavailable,
                "The stream could not be written. Nothing of this batch is acknowledged; send it again.",
                retryAfterSeconds: limits.storageRetrySeconds)
        }
    }

    /// A body that is no batch is one rejected item in the books. The caller gets its problem either way.
    private func recordUnreadable(_ request: IntakeRequest, _ problem: Problem) async {
        guard problem.code.status < 429 else { return }
        var counts = BooksDelta()
        counts.received = 1
        counts.rejected = [problem.code.rawValue: 1]
        do throws(StreamError) {
            _ = try await stream.append(
                StreamFrame(
                    projectID: request.projectID, receivedAt: request.receivedAt, counts: counts, itemCount: 0,
                    items: []))
        } catch {
            telemetry.emit(
                RefusalNotRecorded(projectID: request.projectID, code: problem.code, error: "\(error)"),
                correlationID: request.correlationID, trace: request.trace)
        }
    }

    private func nothingValid(_ receipt: IntakeReceipt) -> Problem {
        var rejected: [UInt8] = []
        IntakeReceipt.append(receipt.rejected, to: &rejected)
        let fields = receipt.rejected.prefix(20).map { item in
            FieldProblem(pointer: "/\(item.index)\(item.pointer)", code: item.code, message: item.message)
        }
        return Problem(
            .batchNothingValid,
            "None of the \(receipt.rejected.count) items is a valid event; see rejected for each one's place and fix.",
            fields: Array(fields),
            members: [
                "accepted": "0", "duplicates": "0", "rejected": String(decoding: rejected, as: UTF8.self),
                "batch_id": JSONText.quoted(receipt.batchID),
            ])
    }

    private func normalised(_ item: UnsafeBufferPointer<UInt8>, _ project: Project, _ receivedAt: Timestamp) -> [UInt8]
    {
        let date = project.calendar.date(at: receivedAt)
        var event: [UInt8] = []
        decoders.withDecoder { decoder in
            try? decoder.decode(item, isPadded: true, receivedAt: receivedAt) { _ in }
            decoder.writeLast(to: &event)
        }
        let lead = "{\"project_id\":\"\(project.id)\",\"received_at\":\"\(receivedAt)\",\"logical_date\":\"\(date)\","
        return Array(lead.utf8) + event.dropFirst()
    }
}

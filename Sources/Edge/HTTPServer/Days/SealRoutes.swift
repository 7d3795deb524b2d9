package import Days
internal import Events
package import Hummingbird
package import Ports

/// Seals, their chain and key, and inclusion proofs: what a third party needs to check a day without trusting this server.
package struct SealRoutes: RouteArea {
    private let projects: any ProjectDirectory
    private let ledger: any DayLedger & SealLedger & AttemptReader
    private let proofs: ProofService
    private let signingKeyID: String?
    private let clock: any Clock

    /// `signingKeyID` names the key that signs new seals; nil while signing is off.
    package init(
        projects: any ProjectDirectory, ledger: any DayLedger & SealLedger & AttemptReader, proofs: ProofService,
        signingKeyID: String?, clock: any Clock
    ) {
        self.projects = projects
        self.ledger = ledger
        self.proofs = proofs
        self.signingKeyID = signingKeyID
        self.clock = clock
    }

    package func add(to routes: Router<DaybookContext>) {
        routes.on("/v1/projects/{project_id}/seals", contract: "seals") { request, context in
            try await list(request, context)
        }
        routes.on("/v1/projects/{project_id}/seals/key", contract: "seal_key") { request, context in
            try await key(request, context)
        }
        routes.on("/v1/attempts/{attempt_id}/proof", contract: "inclusion_proof") { request, context in
            try await proof(request, context)
        }
    }

    private func list(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let id = try context.project(.query)
        let parameters = try request.queryParameters(only: ["from", "to"])
        guard let project = projects.project(id) else { throw DayError.projectUnknown(id).problem }
        let today = project.calendar.date(at: clock.now)
        let dates = try DayParameters.range(
            parameters, first: today.adding(days: -DayLimits.listDaysMax), last: today.next)
        let sealed: [SealedDay]
        let broken: ChainBreak?
        do throws(LedgerError) {
            sealed = try await ledger.seals(id, in: dates, limit: DayLimits.listDaysMax)
            broken = try await SealChain(ledger: ledger).firstBreak(of: id)
        } catch { throw DayError.ledger(error).problem }
        return .json(
            bytes: DayAnswer.envelope(
                "seals", id, clock.now,
                [
                    "seals": .array(sealed.map(SealJSON.seal)),
                    "chain": .object([
                        "consistent": .boolean(broken == nil), "first_break": broken?.json ?? .null,
                    ]),
                ]
            ).bytes)
    }

    private func key(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let id = try context.project(.query)
        _ = try request.queryParameters(only: [])
        let keys: [SealKey]
        do { keys = try await ledger.sealKeys() } catch { throw DayError.ledger(error).problem }
        guard let current = keys.last(where: { $0.keyID == signingKeyID }) ?? keys.last else {
            throw Problem(
                .notFound, "Seals are not signed here. Set days.signing to on (DAYBOOK_DAYS_SIGNING=on) and restart.")
        }
        return .json(
            bytes: DayAnswer.envelope(
                "seal_key", id, clock.now,
                [
                    "key_id": .string(current.keyID), "algorithm": .string("Ed25519"),
                    "public_key": .string(HexText.of(current.publicKey)), "signing": .boolean(signingKeyID != nil),
                    "keys": .array(
                        keys.map {
                            .object([
                                "key_id": .string($0.keyID), "public_key": .string(HexText.of($0.publicKey)),
                                "created_at": .string($0.createdAt.rfc3339()),
                            ])
                        }),
                ]
            ).bytes)
    }

    private func proof(_ request: Request, _ context: DaybookContext) async throws -> Response {
        let parameters = try request.queryParameters(only: ["project_id"])
        let project = try context.project(named: parameters["project_id"], .query)
        let id = try context.parameter("attempt_id")
        let attempt: Attempt?
        do { attempt = try await ledger.attempt(id, project: project) } catch { throw DayError.ledger(error).problem }
        guard let attempt else { throw Problem(.notFound, "The project has no attempt '\(id.prefix(64))'.") }
        let proof: InclusionProof
        do { proof = try await proofs.proof(of: attempt) } catch { throw error.problem }
        let members: [String: CanonicalJSON] = [
            "attempt_id": .string(attempt.attemptID), "date": .string(attempt.logicalDate.description),
            "sequence": .integer(attempt.sequence), "attempt_hash": .hex(attempt.hash),
            "leaf_hash": .hex(proof.leafHash), "leaf_index": .integer(proof.leafIndex),
            "tree_size": .integer(proof.treeSize),
            "path": .array(proof.path.map { CanonicalJSON.hex($0) }),
            "root": .hex(proof.root), "seal": SealJSON.seal(proof.sealed),
            "canonical": SealJSON.canonical(attempt),
        ]
        return .json(bytes: DayAnswer.envelope("inclusion_proof", project, clock.now, members).bytes)
    }
}

/// Seals and canonical rows as JSON.
enum SealJSON {
    static func seal(_ sealed: SealedDay) -> CanonicalJSON {
        let seal = sealed.seal
        var members: [String: CanonicalJSON] = [
            "date": .string(seal.date.description), "merkle_root": .hex(seal.merkleRoot),
            "row_count": .integer(seal.rowCount), "first_sequence": .optional(seal.firstSequence),
            "last_sequence": .optional(seal.lastSequence), "last_hash": .hex(seal.lastHash),
            "snapshot_sha256": .string(seal.snapshotSHA256), "sealed_at": .string(seal.sealedAt.rfc3339()),
        ]
        let link = sealed.link
        members["position"] = .optional(link?.position)
        members["leads_root"] = .hex(link?.leadsRoot)
        members["previous_seal_hash"] = .hex(link?.previousSealHash)
        members["seal_hash"] = .hex(link?.sealHash)
        members["statement"] = .optional(sealed.statement?.text)
        members["signature"] = .hex(link?.signature)
        members["key_id"] = .optional(link?.keyID)
        return .object(members)
    }

    /// The fields of the canonical encoding in their order, each as `[name, kind, value]`: kind `text` (null when absent),
    /// `integer` (64 bits), or `bits` (the 64 bits of a duration, in hexadecimal).
    static func canonical(_ a: Attempt) -> CanonicalJSON {
        var fields: [CanonicalJSON] = []
        func add(_ name: String, _ kind: String, _ value: CanonicalJSON) {
            fields.append(.array([.string(name), .string(kind), value]))
        }
        func text(_ name: String, _ value: String?) { add(name, "text", .optional(value)) }
        func integer(_ name: String, _ value: Int64) { add(name, "integer", .integer(value)) }
        text("attempt_id", a.attemptID)
        text("project_id", a.projectID.text)
        integer("sequence", a.sequence)
        text("user_id", a.userID)
        text("source", a.source)
        text("channel", a.channel)
        integer("received_at", a.receivedAt.microseconds)
        integer("logical_date", Int64(a.logicalDate.dayNumber))
        text("outcome", a.outcome.rawValue)
        text("failure_category", a.failureCategory?.rawValue)
        text("failure_code", a.failureCode)
        text("failure_message", a.failureMessage)
        text("context", a.context)
        integer("retry_attempt", Int64(a.retryAttempt))
        let bits = withUnsafeBytes(of: a.durationMilliseconds.bitPattern.bigEndian) { Array($0) }
        add("duration_ms", "bits", .hex(bits))
        text("idempotency_key", a.idempotencyKey)
        text("lead_id", a.leadID)
        return .object([
            "version": .integer(1), "previous_hash": .hex(a.previousHash),
            "encoding": .hex(AttemptHash.encoding(of: a)), "fields": .array(fields),
        ])
    }
}

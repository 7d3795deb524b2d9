internal import Events
internal import Ports

extension DayRecords {
    /// Whether any of them says that the day was closed.
    var areOfAClosedDay: Bool { closedAt != nil || seal != nil || link != nil || snapshot?.closedAt != nil }
}

/// The records of a closed day against its rows and against each other.
extension DayVerifier {
    // MARK: Closing

    func compareClosing(_ records: DayRecords, _ result: inout DayVerification) {
        guard let closedAt = records.closedAt else {
            let left = [
                records.seal != nil ? "a seal" : nil, records.link != nil ? "a place in the chain of seals" : nil,
                records.snapshot?.closedAt != nil ? "a frozen snapshot" : nil,
            ]
            result.missing(
                "closed_day", .closedDay,
                "closed_days has no row of the day, which has \(left.compactMap { $0 }.joined(separator: ", ")): it was deleted"
            )
            return
        }
        guard let seal = records.seal else { return }
        result.comparisons.append(
            DayComparison("closed_day.closed_at", expected: closedAt.rfc3339(), actual: seal.sealedAt.rfc3339()))
    }

    // MARK: Seal

    func compareSeal(
        _ records: DayRecords, _ tally: DayTally, _ result: inout DayVerification
    ) async throws(LedgerError) {
        func text(_ number: Int64?) -> String { number.map(String.init) ?? "none" }
        guard let seal = records.seal else {
            let place = records.link.map { " (position \($0.position) of the chain)" } ?? ""
            result.missing("seal", .seal, "the day is closed and has no seal\(place): it was deleted")
            return
        }
        result.comparisons += [
            DayComparison("seal.row_count", expected: String(seal.rowCount), actual: String(tally.rowCount)),
            DayComparison(
                "seal.first_sequence", expected: text(seal.firstSequence), actual: text(tally.extent.firstSequence)),
            DayComparison(
                "seal.last_sequence", expected: text(seal.lastSequence), actual: text(tally.extent.lastSequence)),
            DayComparison(
                "seal.last_hash", expected: seal.lastHash.map(Hexadecimal.text) ?? "none",
                actual: tally.lastRowHash.map(Hexadecimal.text) ?? "none"),
            DayComparison(
                "seal.merkle_root", expected: Hexadecimal.text(seal.merkleRoot),
                actual: Hexadecimal.text(tally.merkleRoot)),
            DayComparison(
                "seal.snapshot_sha256", expected: seal.snapshotSHA256, actual: records.snapshot?.sha256 ?? "missing"),
        ]
        guard result.firstWrongRow == nil else { return }
        result.firstWrongRow = try await rowBesideSeal(seal, tally)
    }

    /// Rows that agree with themselves and their neighbours, and not with the seal: the first that is too few or too many.
    private func rowBesideSeal(_ seal: DaySeal, _ tally: DayTally) async throws(LedgerError) -> WrongRow? {
        let last = seal.lastSequence ?? 0
        if last > tally.extent.lastSequence ?? 0 {
            return WrongRow(
                subject: .attempt, sequence: (tally.extent.lastSequence ?? (seal.firstSequence ?? 1) - 1) + 1,
                attemptID: "",
                reason: "the seal says that the day ends with sequence \(last): the rows from here on were deleted")
        }
        if tally.extent.lastSequence ?? 0 > last,
            let extra = try await ledger.dayAttempts(tally.projectID, tally.date, after: last, limit: 1).first
        {
            return WrongRow(
                subject: .attempt, sequence: extra.sequence, attemptID: extra.attemptID,
                reason:
                    "the seal says that the day ends with sequence \(last): the row was inserted after the day was closed"
            )
        }
        guard
            seal.merkleRoot != tally.merkleRoot || seal.lastHash != tally.lastRowHash || seal.rowCount != tally.rowCount
        else { return nil }
        return WrongRow(
            subject: .seal, sequence: 0, attemptID: "",
            reason:
                "each row agrees with its own hash and with its neighbours, and the seal does not agree with them: the log was rewritten, or the seal was changed"
        )
    }

    /// The seal's own hash, its place in the chain, its signature, and the leads that it commits to.
    func compareLink(
        _ records: DayRecords, leadsRoot: [UInt8], _ result: inout DayVerification
    ) async throws(LedgerError) {
        guard let seal = records.seal else { return }
        guard let link = records.link else {
            result.missing("seal.link", .seal, "the seal has no place in the chain of seals: its link was deleted")
            return
        }
        let previous = try await ledger.sealLinks(link.projectID, after: link.position - 2, limit: 1).first {
            $0.position < link.position
        }
        let keys = link.signature == nil ? [:] : try await SealChain(ledger: ledger).publicKeys()
        let fault = SealChain.fault(of: link, seal: seal, after: previous, keys: keys)
        result.comparisons.append(DayComparison("seal.chain", expected: "unbroken", actual: fault ?? "unbroken"))
        if let root = link.leadsRoot {
            result.comparisons.append(
                DayComparison("seal.leads_root", expected: HexText.of(root), actual: HexText.of(leadsRoot)))
        } else {
            result.skipped.append("leads: the day was sealed before seals named its leads")
        }
        if let fault { result.note(.seal, "seal \(link.position) (\(link.date)): \(fault)") }
    }

    // MARK: Snapshot

    /// The stored snapshot, where it can be read.
    func compareSnapshot(
        _ records: DayRecords, _ scanned: DayScanned, _ project: Project, _ result: inout DayVerification
    ) async throws -> DaySnapshot? {
        guard let stored = records.snapshot else {
            result.missing("snapshot", .snapshot, "the day is closed and has no snapshot: it was deleted")
            return nil
        }
        let tally = scanned.tally
        let sha256 = DayBook.sha256(stored.json)
        result.comparisons.append(DayComparison("snapshot.sha256", expected: stored.sha256, actual: sha256))
        if stored.sha256 != sha256 {
            result.note(
                .snapshot, "the snapshot's text does not have the SHA-256 that was stored and sealed: it was changed")
        }
        if let closed = records.seal?.sealedAt ?? records.closedAt {
            // A close freezes, seals and closes with one reading of the clock.
            result.comparisons += [
                DayComparison(
                    "snapshot.closed_at", expected: stored.closedAt?.rfc3339() ?? "none", actual: closed.rfc3339()),
                DayComparison(
                    "snapshot.refreshed_at", expected: stored.refreshedAt.rfc3339(), actual: closed.rfc3339()),
            ]
        }
        guard let claimed = snapshots.read(stored, sha256: sha256) else {
            result.comparisons.append(DayComparison("snapshot.json", expected: "readable", actual: "damaged"))
            return nil
        }
        let trailing = try await comparedDays(claimed, project, &result)
        let leads = scanned.leads.found
        var fresh = tally.snapshot(leads: leads, events: nil, trailing: trailing, format: claimed.format)
        // The event store's part has its own comparison, against its own rows.
        fresh.events = claimed.events
        let recomputed = fresh.canonicalJSON()
        // One text for all of its numbers; which of them differ is asked only when it does.
        if recomputed != stored.json { result.comparisons += Self.differences(of: stored.json, and: recomputed) }
        result.comparisons.append(
            DayComparison("snapshot.recomputed", expected: sha256, actual: DayBook.sha256(recomputed)))
        result.comparisons += [
            DayComparison(
                "snapshot.column.attempts", expected: String(stored.attempts), actual: String(tally.rowCount)),
            DayComparison(
                "snapshot.column.failures", expected: String(stored.failures),
                actual: String(fresh.attempts.failures)),
            DayComparison("snapshot.column.leads", expected: String(stored.leads), actual: String(leads)),
            DayComparison(
                "snapshot.column.is_balanced", expected: Self.text(stored.isBalanced),
                actual: Self.text(claimed.events?.books.balanced)),
        ]
        comparePoint(records, claimed, &result)
        return claimed
    }

    /// The days that the snapshot says it was compared with, as they are now.
    private func comparedDays(
        _ claimed: DaySnapshot, _ project: Project, _ result: inout DayVerification
    ) async throws -> [TrailingDay] {
        var trailing: [TrailingDay] = []
        for day in claimed.comparison.days {
            if let known = snapshots.known(DayKey(project: project.id, date: day.date)) {
                trailing.append(known)
                continue
            }
            guard let other = try await ledger.snapshot(project.id, day.date) else {
                result.comparisons.append(
                    DayComparison("snapshot.comparison.\(day.date)", expected: day.sha256, actual: "missing"))
                continue
            }
            let sha256 = DayBook.sha256(other.json)
            guard let parsed = snapshots.read(other, sha256: sha256) else {
                result.comparisons.append(
                    DayComparison("snapshot.comparison.\(day.date)", expected: day.sha256, actual: "damaged"))
                continue
            }
            trailing.append(TrailingDay(sha256: sha256, snapshot: parsed))
        }
        return trailing
    }

    private static func text(_ flag: Bool?) -> String { flag.map { $0 ? "true" : "false" } ?? "none" }

    // MARK: The day's point in the trends

    /// What trends are made of follows from the snapshot, which the seal holds.
    private func comparePoint(_ records: DayRecords, _ claimed: DaySnapshot, _ result: inout DayVerification) {
        if let fault = records.pointFault {
            result.comparisons.append(DayComparison("points", expected: "readable", actual: "damaged"))
            return result.note(.dayPoint, "the day's row of day_points cannot be read (\(fault)): it was changed")
        }
        guard let point = records.point else {
            return result.missing("points", .dayPoint, "day_points has no row of the day: it was deleted")
        }
        func compare(_ name: String, _ stored: some CustomStringConvertible, _ actual: some CustomStringConvertible) {
            result.comparisons.append(
                DayComparison("points.\(name)", expected: stored.description, actual: actual.description))
        }
        func text(_ groups: [DayPoint.Group]) -> String {
            groups.map { "\($0.name) \($0.attempts)/\($0.failures)" }.joined(separator: ", ")
        }
        func text(_ groups: DaySnapshot.Groups) -> String {
            text(groups.rows.map { .init(name: $0.name, attempts: $0.attempts, failures: $0.failures) })
        }
        compare("attempts", point.attempts, claimed.attempts.attempts)
        compare("leads", point.leads, claimed.leads)
        compare("failures", point.failures, claimed.attempts.failures)
        compare("users", point.users.map(String.init) ?? "none", claimed.users.distinct)
        compare("is_closed", point.isClosed, true)
        compare("sources", text(point.sources), text(claimed.bySource))
        compare("channels", text(point.channels), text(claimed.byChannel))
        compare(
            "holds_every_source", point.holdsEverySource,
            Int64(claimed.bySource.rows.count) >= claimed.bySource.distinct)
        compare(
            "holds_every_channel", point.holdsEveryChannel,
            Int64(claimed.byChannel.rows.count) >= claimed.byChannel.distinct)
    }

    // MARK: The record behind a difference

    /// Where every row is as it was written: the record that a difference points at.
    static func recordBehind(_ failures: [DayComparison]) -> WrongRow? {
        func first(_ prefixes: String...) -> DayComparison? {
            failures.first { failure in prefixes.contains { failure.name.hasPrefix($0) } }
        }
        func wrong(_ subject: WrongRow.Subject, _ reason: String) -> WrongRow {
            WrongRow(subject: subject, sequence: 0, attemptID: "", reason: reason)
        }
        func differs(_ failure: DayComparison) -> String {
            "\(failure.name): stored \(failure.expected), recomputed \(failure.actual)"
        }
        if let failure = first("seal.leads_root") {
            return wrong(.lead, "\(failure.name): a lead of the day was changed together with its digest")
        }
        let seal = failures.first { $0.name.hasPrefix("seal.") && $0.name != "seal.snapshot_sha256" }
        if let seal { return wrong(.seal, differs(seal)) }
        if let failure = first("closed_day") { return wrong(.closedDay, differs(failure)) }
        // The event store's part of the snapshot is compared with the event store.
        let snapshot = failures.first {
            $0.name == "seal.snapshot_sha256" || $0.name.hasPrefix("snapshot") && !$0.name.hasPrefix("snapshot.events.")
        }
        if let snapshot { return wrong(.snapshot, differs(snapshot)) }
        if let failure = first("points") { return wrong(.dayPoint, differs(failure)) }
        if let failure = first("leads.") { return wrong(.lead, differs(failure)) }
        return first("events.", "books.", "snapshot.events.").map { wrong(.events, differs($0)) }
    }
}

extension DayVerification {
    /// Names a record as the first wrong one unless another was named before.
    mutating func note(_ subject: WrongRow.Subject, _ reason: String) {
        guard firstWrongRow == nil else { return }
        firstWrongRow = WrongRow(subject: subject, sequence: 0, attemptID: "", reason: reason)
    }

    /// A record that should be there.
    mutating func missing(_ name: String, _ subject: WrongRow.Subject, _ reason: String) {
        comparisons.append(DayComparison(name, expected: "present", actual: "missing"))
        note(subject, reason)
    }
}

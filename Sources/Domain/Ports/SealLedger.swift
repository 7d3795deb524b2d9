package import Events

/// A seal's place in its project's chain of seals: append-only.
package struct DaySealLink: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    /// From 1, dense, in the order of sealing.
    package var position: Int64
    /// Nil for days that were sealed before seals named it.
    package var leadsRoot: [UInt8]?
    package var previousSealHash: [UInt8]
    /// SHA-256 of the seal's statement: 32 bytes.
    package var sealHash: [UInt8]
    /// Ed25519 (RFC 8032) over the statement's bytes: 64 bytes; nil for a seal that was not signed.
    package var signature: [UInt8]?
    package var keyID: String?
    package var linkedAt: Timestamp

    package init(
        projectID: ProjectID, date: LogicalDate, position: Int64, leadsRoot: [UInt8]?, previousSealHash: [UInt8],
        sealHash: [UInt8], signature: [UInt8]?, keyID: String?, linkedAt: Timestamp
    ) {
        self.projectID = projectID
        self.date = date
        self.position = position
        self.leadsRoot = leadsRoot
        self.previousSealHash = previousSealHash
        self.sealHash = sealHash
        self.signature = signature
        self.keyID = keyID
        self.linkedAt = linkedAt
    }
}

/// A seal with its link; the link is nil only when somebody took it away.
package struct SealedDay: Hashable, Sendable {
    package var seal: DaySeal
    package var link: DaySealLink?

    package init(seal: DaySeal, link: DaySealLink?) {
        self.seal = seal
        self.link = link
    }

    /// What the seal says, from the stored columns; nil without a link.
    package var statement: SealStatement? { link.map { seal.statement($0) } }
}

extension DaySeal {
    package func statement(_ link: DaySealLink) -> SealStatement {
        SealStatement(
            projectID: projectID, date: date, position: link.position, merkleRoot: merkleRoot, rowCount: rowCount,
            firstSequence: firstSequence, lastSequence: lastSequence, lastHash: lastHash, leadsRoot: link.leadsRoot,
            snapshotSHA256: snapshotSHA256, sealedAt: sealedAt, previousSealHash: link.previousSealHash)
    }
}

/// The upper part of a closed day's Merkle tree: the roots of its runs of `rowsPerNode` leaves, and the sequence with which
/// each run begins. Derived from the log; kept so that a proof reads one run instead of the day.
package struct DayTree: Hashable, Sendable {
    package static let rowsPerNode = 256
    package var rowCount: Int64
    /// Sequences of the first attempt of each run.
    package var firstSequences: [Int64]
    /// 32 bytes each.
    package var nodes: [[UInt8]]

    package init(rowCount: Int64, firstSequences: [Int64], nodes: [[UInt8]]) {
        self.rowCount = rowCount
        self.firstSequences = firstSequences
        self.nodes = nodes
    }
}

/// A public key that seals were signed with.
package struct SealKey: Hashable, Sendable {
    package var keyID: String
    /// Ed25519: 32 bytes.
    package var publicKey: [UInt8]
    package var createdAt: Timestamp

    package init(keyID: String, publicKey: [UInt8], createdAt: Timestamp) {
        self.keyID = keyID
        self.publicKey = publicKey
        self.createdAt = createdAt
    }
}

/// The result of one verification of one day: append-only.
package struct StoredVerification: Hashable, Sendable {
    package var projectID: ProjectID
    package var date: LogicalDate
    package var passed: Bool
    package var rows: Int64
    /// The whole result as a JSON object.
    package var result: String
    package var jobID: String?
    package var at: Timestamp

    package init(
        projectID: ProjectID, date: LogicalDate, passed: Bool, rows: Int64, result: String, jobID: String?,
        at: Timestamp
    ) {
        self.projectID = projectID
        self.date = date
        self.passed = passed
        self.rows = rows
        self.result = result
        self.jobID = jobID
        self.at = at
    }
}

/// Seals, their chain, and what verifications found.
package protocol SealLedger: Sendable {
    /// The last link of the project's chain; nil before the first closed day.
    func sealTip(_ project: ProjectID) async throws(LedgerError) -> DaySealLink?
    /// Sealed days of the range by date, ascending, at most `limit`.
    func seals(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>, limit: Int
    ) async throws(LedgerError) -> [SealedDay]
    /// Links beyond a position, in order.
    func sealLinks(
        _ project: ProjectID, after position: Int64, limit: Int
    ) async throws(LedgerError) -> [DaySealLink]
    /// The upper tree of a closed day; nil for days that were closed before it was kept.
    func dayTree(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayTree?
    /// Sequence and stored hash of the date's attempts from a sequence on, in order, at most `limit`.
    func dayHashes(
        _ project: ProjectID, _ date: LogicalDate, from sequence: Int64, limit: Int
    ) async throws(LedgerError) -> [(sequence: Int64, hash: [UInt8])]

    /// Every key that ever signed, oldest first.
    func sealKeys() async throws(LedgerError) -> [SealKey]
    /// Records a public key; one that is known already is left as it is.
    func record(_ key: SealKey) async throws(LedgerError)

    func record(_ verification: StoredVerification) async throws(LedgerError)
    /// The newest result of each date of the range that was ever verified.
    func latestVerifications(
        _ project: ProjectID, in dates: ClosedRange<LogicalDate>
    ) async throws(LedgerError) -> [LogicalDate: StoredVerification]
}

internal import Crypto
package import Events
package import Ports
internal import Synchronization

/// Shows a third party that one attempt is part of a sealed day.
package struct InclusionProof: Sendable {
    package var attempt: Attempt
    package var leafIndex: Int64
    package var treeSize: Int64
    /// From the leaf's sibling up to the root's child.
    package var path: [[UInt8]]
    package var sealed: SealedDay
    package var leafHash: [UInt8] { MerkleTree.leaf(attempt.hash) }
    package var root: [UInt8] { sealed.seal.merkleRoot }

    /// RFC 6962 inclusion, computed again from the attempt's own fields: the row is what was sealed.
    package var holds: Bool {
        AttemptHash.hash(of: attempt) == attempt.hash
            && MerkleTree.verifyInclusion(
                leafHash: leafHash, index: Int(leafIndex), count: Int(treeSize), proof: path, root: root)
    }
}

/// Why there is no proof.
package enum ProofError: Error, Sendable {
    case dayNotClosed(LogicalDate)
    /// The log no longer agrees with the seal.
    case contradiction(LogicalDate, detail: String)
    case ledger(LedgerError)

    package var problem: Problem {
        switch self {
        case .dayNotClosed(let date):
            Problem(
                .dayNotClosed, "\(date) is not closed yet, so it has no seal. Ask again when the day has been closed.")
        case .contradiction(let date, let detail):
            Problem(
                .sealMismatch,
                "\(date) cannot be proven: \(detail). Run `daybook verify --date \(date)`, which names the row.")
        case .ledger(let error): DayError.ledger(error).problem
        }
    }
}

/// Makes inclusion proofs: reads one run of the day and the roots of the others.
package final class ProofService: Sendable {
    private let ledger: any DayLedger & SealLedger
    /// Trees of days that were closed before trees were kept.
    private let computed = Mutex<[(key: Key, tree: DayTree)]>([])

    private struct Key: Hashable {
        var project: ProjectID
        var date: LogicalDate
    }

    package init(ledger: any DayLedger & SealLedger) { self.ledger = ledger }

    /// The proof for a stored attempt; checked before it is given away.
    package func proof(of attempt: Attempt) async throws(ProofError) -> InclusionProof {
        let (project, date) = (attempt.projectID, attempt.logicalDate)
        do {
            guard let sealed = try await ledger.seals(project, in: date...date, limit: 1).first else {
                throw ProofError.dayNotClosed(date)
            }
            let tree = try await tree(project, date)
            guard tree.rowCount == sealed.seal.rowCount, tree.nodes.count == tree.firstSequences.count,
                let run = tree.firstSequences.lastIndex(where: { $0 <= attempt.sequence })
            else { throw ProofError.contradiction(date, detail: "its rows are not those that were sealed") }
            let rows = try await ledger.dayHashes(
                project, date, from: tree.firstSequences[run], limit: DayTree.rowsPerNode)
            guard let place = rows.firstIndex(where: { $0.sequence == attempt.sequence }),
                let path = MerkleTree.inclusionProof(
                    ofLeaf: run * DayTree.rowsPerNode + place, run: rows.map { MerkleTree.leaf($0.hash) },
                    runRoots: tree.nodes)
            else { throw ProofError.contradiction(date, detail: "its rows are not those that were sealed") }
            let proof = InclusionProof(
                attempt: attempt, leafIndex: Int64(run * DayTree.rowsPerNode + place), treeSize: tree.rowCount,
                path: path, sealed: sealed)
            guard proof.holds else {
                throw ProofError.contradiction(date, detail: "the attempt's row and the seal do not agree")
            }
            return proof
        } catch let error as ProofError { throw error } catch let error as LedgerError { throw .ledger(error) } catch {
            preconditionFailure("no other error is thrown here: \(error)")
        }
    }

    private func tree(_ project: ProjectID, _ date: LogicalDate) async throws(LedgerError) -> DayTree {
        if let stored = try await ledger.dayTree(project, date) { return stored }
        let key = Key(project: project, date: date)
        if let known = computed.withLock({ $0.first { $0.key == key }?.tree }) { return known }
        var builder = MerkleRootBuilder()
        var firsts: [Int64] = []
        var next: Int64 = 0
        while true {
            let page = try await ledger.dayHashes(project, date, from: next, limit: DayLimits.readPage)
            for row in page {
                if builder.count % DayTree.rowsPerNode == 0 { firsts.append(row.sequence) }
                builder.append(row.hash)
            }
            guard page.count == DayLimits.readPage, let last = page.last else { break }
            next = last.sequence + 1
        }
        let tree = DayTree(rowCount: Int64(builder.count), firstSequences: firsts, nodes: builder.runRoots)
        computed.withLock { trees in
            trees.append((key, tree))
            if trees.count > DayLimits.treesKeptMax { trees.removeFirst() }
        }
        return tree
    }
}

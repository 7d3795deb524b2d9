internal import Events
internal import Ports
internal import Synchronization

/// The rules of submissions as the writer last read them, by project: no statement for a submission between two changes.
/// Filled and emptied on the writer's queue alone, so it never holds what another transaction has not committed.
final class PublishedRules: Sendable {
    private let known = Mutex<[ProjectID: SubmissionRules]>([:])

    func rules(of project: ProjectID, read: () throws -> SubmissionRules) rethrows -> SubmissionRules {
        if let rules = known.withLock({ $0[project] }) { return rules }
        let rules = try read()
        known.withLock { $0[project] = rules }
        return rules
    }

    func forget(_ project: ProjectID) { known.withLock { $0[project] = nil } }
}

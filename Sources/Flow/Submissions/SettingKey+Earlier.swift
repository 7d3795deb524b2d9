internal import Events
internal import Ports

extension SettingKey {
    func earlier(
        in ledger: any SettingKeyLedger, _ project: ProjectID, at now: Timestamp
    ) async throws(Problem) -> IdempotencyRecord? {
        try await earlier(in: ledger, project, at: now, problem: SubmissionRulesService.problem(for:))
    }
}

package import Events

/// Keys of requests that change settings, so that a repeated request changes nothing. They are kept beside those of
/// submissions, and cannot meet them: a stored key of a setting has spaces, which no client's key may have.
package protocol SettingKeyLedger: Sendable {
    /// Nil for a key that was not used, or longer ago than it is remembered.
    func settingRecord(
        _ key: String, of project: ProjectID, at now: Timestamp
    ) async throws(LedgerError) -> IdempotencyRecord?
    /// Throws `conflict` when the key is in use at the record's time.
    func remember(_ record: IdempotencyRecord, of project: ProjectID) async throws(LedgerError)
}

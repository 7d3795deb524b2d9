package import Events
package import Ports

/// Why a day could not be summarised or closed.
package enum DayError: Error, Sendable {
    case ledger(LedgerError)
    case snapshotUnreadable(date: LogicalDate, detail: String)
    /// The date has not ended in the project's zone; it ends at the instant.
    case notOver(date: LogicalDate, ends: Timestamp)
    case inFuture(date: LogicalDate)
    case beforeFirst(date: LogicalDate, first: LogicalDate)
    /// Attempts of the date kept arriving while it was being closed.
    case moving(date: LogicalDate, tries: Int)
    case projectUnknown(ProjectID)
    case events(EventStoreError)
    /// Whoever asked wants no answer any more, or the process is stopping: nothing was written.
    case stopping

    /// What a client is told.
    package var problem: Problem {
        switch self {
        case .ledger(let error):
            Problem(.dependencyUnavailable, "The ledger could not answer: \(error)", retryAfterSeconds: 5)
        case .snapshotUnreadable(let date, let detail):
            Problem(
                .internalError,
                "The stored snapshot of \(date) cannot be read (\(detail)). Run `daybook verify --date \(date)`.")
        case .notOver(let date, let ends):
            Problem(.dayNotOver, "\(date) ends at \(ends) in the project's time zone. Close it after that.")
        case .inFuture(let date):
            Problem(
                .dayInFuture, "\(date) has not begun in the project's time zone. Use today's date or an earlier one.")
        case .beforeFirst(let date, let first):
            Problem(
                .notFound,
                "The project has nothing on \(date); its first day is \(first). Use that date or a later one.")
        case .moving(let date, let tries):
            Problem(
                .overloaded,
                "Attempts of \(date) kept arriving while it was being closed (\(tries) tries). Try again in a minute.",
                retryAfterSeconds: 60)
        case .events(let error):
            Problem(.dependencyUnavailable, "The event store could not answer: \(error)", retryAfterSeconds: 5)
        case .stopping:
            Problem(.shuttingDown, "The work on days was stopped before its end. Ask again.", retryAfterSeconds: 5)
        case .projectUnknown(let project):
            Problem(.notFound, "There is no project \(project).")
        }
    }
}

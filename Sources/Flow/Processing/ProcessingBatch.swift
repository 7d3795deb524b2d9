package import Events
package import Ports

/// What the steps work on: frames on their way to becoming one commit. The first step turns items into rows; later ones
/// fill further columns of the rows; the last one writes the books.
package struct ProcessingBatch: Sendable {
    /// A frame and the rows that came of it.
    package struct Source: Sendable {
        package var stored: StoredFrame
        package var calendar: DayCalendar
        package var date: LogicalDate
        package var rows: Range<Int> = 0..<0
        package var quarantinedCodes: [String: Int64] = [:]
        package var isProjectKnown: Bool
    }

    package var sources: [Source]
    package var columns = EventColumns()
    package var books: [BooksKey: BooksDelta] = [:]
    package var quarantined: [QuarantinedItem] = []
    /// Frames whose counts do not account for every item received.
    package var unbalanced: [StreamOffset] = []
    /// Calls whose model has no price.
    package var unpricedCalls = 0

    package init(_ frames: [StoredFrame], projects: any ProjectDirectory) {
        sources = frames.map { stored in
            let project = projects.project(stored.frame.projectID)
            let calendar = project?.calendar ?? .utc
            return Source(
                stored: stored, calendar: calendar, date: calendar.date(at: stored.frame.receivedAt),
                isProjectKnown: project != nil)
        }
    }

    package var nextOffset: StreamOffset { sources.last?.stored.offset.next ?? .start }

    /// What the store commits.
    package var storeBatch: EventStoreBatch {
        EventStoreBatch(
            columns: columns, books: books, quarantined: quarantined,
            relayed: Set(sources.filter { $0.stored.frame.origin == .outbox }.map(\.stored.offset)),
            nextOffset: nextOffset)
    }
}

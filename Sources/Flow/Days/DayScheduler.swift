package import Events
package import Ports
package import Telemetry

/// Closes days as they end and keeps the open ones fresh: one loop over all projects.
///
/// It wakes at the next end of a day of any project (clock changes included), a quiet moment after it, and three times
/// within each quiet time in between. A start after days of absence closes what was missed, in order. One project's failure is
/// logged and leaves the others alone.
package struct DayScheduler: Sendable {
    private let projects: any ProjectDirectory
    private let book: DayBook
    private let closer: DayCloser
    private let clock: any Clock
    private let telemetry: Telemetry
    private let refresh: Duration
    private let quiet: Duration

    /// `refresh` is the longest time between two rounds; `quiet` that of the closer.
    package init(
        projects: any ProjectDirectory, book: DayBook, closer: DayCloser, clock: any Clock, telemetry: Telemetry,
        refresh: Duration = .seconds(DayLimits.refreshSeconds), quiet: Duration = .seconds(DayLimits.quietSeconds)
    ) {
        self.refresh = refresh
        self.quiet = quiet
        self.projects = projects
        self.book = book
        self.closer = closer
        self.clock = clock
        self.telemetry = telemetry
    }

    /// Runs until the task is cancelled.
    package func run() async {
        var refreshed: Duration?
        while !Task.isCancelled {
            let isDue = refreshed.map { clock.monotonic - $0 >= refresh } ?? true
            if isDue { refreshed = clock.monotonic }
            await round(refreshing: isDue)
            // Days that are over are looked at three times within a quiet time: a look costs two index reads.
            let look = min(refresh, max(quiet / 3, .seconds(1)))
            let pause = Self.pause(projects.projects, now: clock.now, refresh: look, quiet: quiet)
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }

    /// One pass: closes what is due, then, when asked, refreshes today's snapshots, and at last counts the weeks that ended.
    package func round(refreshing: Bool = true) async {
        var closed: [(project: ProjectID, date: LogicalDate)] = []
        for project in projects.projects {
            guard !Task.isCancelled else { return }
            do throws(DayError) {
                closed += try await closer.closeDue(project).map { (project.id, $0) }
                guard refreshing else { continue }
                _ = try await book.snapshot(of: project, date: project.calendar.date(at: clock.now))
            } catch {
                // A stop is no failure, whatever it interrupted.
                guard !Task.isCancelled else { return }
                telemetry.emit(
                    DayCloseFailed(
                        project: project.id, reason: error.problem.code.rawValue, detail: error.problem.detail))
            }
        }
        for (project, date) in closed where !Task.isCancelled { await closer.countWeek(of: project, endingWith: date) }
    }

    /// The time until the loop has something to do: the next end of a day, or the quiet time after the last one, or the
    /// next refresh.
    package static func pause(_ projects: [Project], now: Timestamp, refresh: Duration, quiet: Duration) -> Duration {
        var wake = now + refresh
        for project in projects {
            let today = project.calendar.date(at: now)
            let bounds = project.calendar.bounds(of: today)
            wake = min(wake, bounds.upperBound)
            // What was first seen at the day's end is closed a quiet time later.
            let due = bounds.lowerBound + quiet
            if due > now { wake = min(wake, due) }
        }
        return max(wake - now, .milliseconds(1))
    }
}

internal import Foundation

/// A thread of our own that runs jobs one after another: blocking file calls never hold a thread of Swift's pool.
final class SerialThread: Sendable {
    // SAFETY: `jobs` and `isStopped` are touched only while `condition` is locked.
    private final class Mailbox: @unchecked Sendable {
        let condition = NSCondition()
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false

        func run() {
            while true {
                condition.lock()
                while jobs.isEmpty && !isStopped { condition.wait() }
                let batch = jobs
                jobs = []
                condition.unlock()
                if batch.isEmpty { return }
                for job in batch { job() }
            }
        }
    }

    private let mailbox = Mailbox()

    init(name: String) {
        let mailbox = mailbox
        let thread = Thread { mailbox.run() }
        thread.name = name
        thread.start()
    }

    deinit { stop() }

    /// Queues the job; false, and the job never runs, once the thread was stopped.
    @discardableResult
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        mailbox.condition.lock()
        defer { mailbox.condition.unlock() }
        if mailbox.isStopped { return false }
        mailbox.jobs.append(job)
        mailbox.condition.signal()
        return true
    }

    /// The thread ends once the submitted jobs are done.
    func stop() {
        mailbox.condition.lock()
        mailbox.isStopped = true
        mailbox.condition.signal()
        mailbox.condition.unlock()
    }
}

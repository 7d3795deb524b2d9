package import Ports
internal import Synchronization

/// The last word of a running job about how far it is; the heartbeat takes it from here to the ledger.
package final class ProgressReporter: Sendable {
    private struct State {
        var progress: JobProgress
        var isNew = false
    }
    private let state: Mutex<State>

    package init(_ progress: JobProgress) { state = Mutex(State(progress: progress)) }

    package func report(done: Int64? = nil, total: Int64? = nil, phase: String? = nil) {
        state.withLock { state in
            if let done { state.progress.done = max(0, done) }
            if let total { state.progress.total = max(0, total) }
            if let phase { state.progress.phase = JobLifecycle.cut(phase, JobLimits.phaseBytesMax) }
            state.isNew = true
        }
    }

    package var current: JobProgress { state.withLock { $0.progress } }

    /// The progress, and whether something was said since the last call.
    func take() -> (progress: JobProgress, isNew: Bool) {
        state.withLock { state in
            defer { state.isNew = false }
            return (state.progress, state.isNew)
        }
    }
}

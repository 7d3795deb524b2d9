internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Runs the edge's tasks on the event loops that carry its connections, so that a request does not change threads between
/// its socket and its handler. Everything else (processing, day work, the outbox) stays on Swift's own pool.
///
/// What blocks has a thread of its own behind a port (the stream, the stores, password hashing) and never stands here.
final class EdgeExecutor: TaskExecutor {
    private let loops: MultiThreadedEventLoopGroup
    private let byLoop: [ObjectIdentifier: LoopExecutor]

    init(loops: MultiThreadedEventLoopGroup) {
        self.loops = loops
        byLoop = Dictionary(
            uniqueKeysWithValues: loops.makeIterator().map { (ObjectIdentifier($0), LoopExecutor(loop: $0)) })
    }

    /// Begins work that stays on one loop, whoever resumes it: the one of the connection that it answers.
    func start(on loop: any EventLoop, _ work: @escaping @Sendable () async -> Void) {
        if let executor = byLoop[ObjectIdentifier(loop)] {
            Task(executorPreference: executor, operation: work)
        } else {
            Task(executorPreference: self, operation: work)
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        // `any` is the current loop for what is resumed on a loop.
        loops.any().execute { job.runSynchronously(on: executor) }
    }
}

/// One event loop as an executor.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        loop.execute { job.runSynchronously(on: executor) }
    }
}

/// A service whose tasks run on an executor.
struct OnExecutor<Wrapped: Service>: Service {
    let executor: any TaskExecutor
    let service: Wrapped

    func run() async throws {
        try await withTaskExecutorPreference(executor) { try await service.run() }
    }
}

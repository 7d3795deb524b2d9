internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Runs the edge's tasks on the event loops that carry its connections, so that a request does not change threads between
/// its socket and its handler. Everything else (processing, day work, the outbox) stays on Swift's own pool.
///
/// What blocks has a thread of its own behind a port (the stream, the stores, password hashing) and never stands here.
final class EdgeExecutor: TaskExecutor {
    private let loops: MultiThreadedEventLoopGroup

    init(loops: MultiThreadedEventLoopGroup) { self.loops = loops }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        // `any` is the current loop for what is resumed on a loop.
        loops.any().execute { job.runSynchronously(on: executor) }
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

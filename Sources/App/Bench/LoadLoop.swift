internal import Events
#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// What one loop saw.
struct LoadResult: Sendable {
    var microseconds: [UInt32] = []
    var statuses: [Int: Int] = [:]
    /// Acknowledged requests in each second.
    var series: [Int] = []
    var broken = 0
    var seconds = 0.0
    /// Why the loop ended before its time.
    var failure: String?

    var acknowledged: Int { statuses.reduce(0) { $0 + ((200..<300).contains($1.key) ? $1.value : 0) } }
}

/// Drives many connections from one thread: each sends a request, waits for its answer, and sends the next (closed loop), or
/// waits for its turn when a rate is asked for. One thread and no objects per request keep the generator cheap.
struct LoadLoop {
    var host: String
    var port: UInt16
    var templates: [RequestTemplate]
    var seconds: Double
    /// Requests per second over all connections; nil means without pause.
    var rate: Double?
    /// The number of the first request; each gets the next.
    var firstNumber: Int

    /// Called about once a second with the requests acknowledged so far; false ends the loop.
    var onSecond: @Sendable (Int) -> Bool

    /// Blocks its thread until the time is over and the last answers have come.
    func run() -> LoadResult {
        var result = LoadResult()
        var connections: [LoadConnection] = []
        do throws(BenchError) {
            for template in templates {
                connections.append(
                    LoadConnection(descriptor: try LoadConnection.open(host: host, port: port), template: template))
            }
        } catch {
            result.failure = error.description
            return result
        }
        defer { for connection in connections where connection.descriptor >= 0 { close(connection.descriptor) } }
        var state = State(result: result, number: firstNumber, began: Self.now())
        result.microseconds.reserveCapacity(1 << 20)
        let end = state.began + UInt64(seconds * 1e9)
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256 << 10)
        defer { buffer.deallocate() }
        var nextSecond = state.began + 1_000_000_000
        var polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        while state.result.failure == nil {
            let now = Self.now()
            let isOver = now >= end || state.isStopped
            if !isOver { startDue(&connections, &state, now: now) }
            if isOver, connections.allSatisfy({ $0.began == nil }) { break }
            if now > max(end, state.lastAnswer) + UInt64(BenchLimits.silenceSecondsMax * 1e9) {
                state.result.failure = "the server has not answered for \(Int(BenchLimits.silenceSecondsMax)) s"
                break
            }
            for index in connections.indices {
                polled[index].fd = connections[index].descriptor
                polled[index].events = Int16(POLLIN) | (connections[index].isWriting ? Int16(POLLOUT) : 0)
            }
            poll(&polled, nfds_t(polled.count), rate == nil ? 100 : 1)
            for index in connections.indices where polled[index].revents != 0 {
                serve(
                    &connections[index], polled[index].revents, &state, buffer,
                    mayContinue: rate == nil && Self.now() < end)
            }
            if now >= nextSecond {
                nextSecond += 1_000_000_000
                if !onSecond(state.result.acknowledged) { state.isStopped = true }
            }
        }
        state.result.seconds = Double(min(Self.now(), max(end, state.lastAnswer)) - state.began) / 1e9
        return state.result
    }

    private struct State {
        var result: LoadResult
        var number: Int
        let began: UInt64
        var lastAnswer: UInt64
        var breaksInRow = 0
        var started = 0
        var isStopped = false
        init(result: LoadResult, number: Int, began: UInt64) {
            self.result = result
            self.number = number
            self.began = began
            self.lastAnswer = began
        }
    }

    /// Starts a request on each idle connection whose turn has come.
    private func startDue(_ connections: inout [LoadConnection], _ state: inout State, now: UInt64) {
        for index in connections.indices where connections[index].began == nil {
            if let rate, Double(state.started) > Double(now - state.began) / 1e9 * rate { return }
            start(&connections[index], &state)
        }
    }

    private func start(_ connection: inout LoadConnection, _ state: inout State) {
        guard state.result.microseconds.count < BenchLimits.requestsMax else { return state.isStopped = true }
        connection.template.become(number: state.number, at: Self.wallClock())
        state.number += 1
        state.started += 1
        connection.sent = 0
        connection.began = Self.now()
        do throws(LoadConnection.Failure) { try connection.write() } catch { replace(&connection, &state, error) }
    }

    private func serve(
        _ connection: inout LoadConnection, _ events: Int16, _ state: inout State,
        _ buffer: UnsafeMutableBufferPointer<UInt8>,
        mayContinue: Bool
    ) {
        do throws(LoadConnection.Failure) {
            if connection.isWriting { try connection.write() }
            guard events & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { return }
            guard case .complete(let status, _, let keepsOpen) = try connection.read(into: buffer),
                let began = connection.began
            else { return }
            let now = Self.now()
            connection.began = nil
            state.lastAnswer = now
            state.breaksInRow = 0
            state.result.microseconds.append(UInt32(clamping: (now - began) / 1000))
            state.result.statuses[status, default: 0] += 1
            if (200..<300).contains(status) {
                let second = Int((now - state.began) / 1_000_000_000)
                while state.result.series.count <= second { state.result.series.append(0) }
                state.result.series[second] += 1
            }
            if !keepsOpen { try reopen(&connection) }
            if mayContinue, !state.isStopped { start(&connection, &state) }
        } catch {
            replace(&connection, &state, error)
        }
    }

    private func replace(_ connection: inout LoadConnection, _ state: inout State, _ failure: LoadConnection.Failure) {
        let reason = failure.reason
        if connection.began != nil { state.result.broken += 1 }
        state.breaksInRow += 1
        connection.began = nil
        do throws(LoadConnection.Failure) { try reopen(&connection) } catch {
            state.breaksInRow += BenchLimits.breaksInRowMax
        }
        if state.breaksInRow > BenchLimits.breaksInRowMax {
            state.result.failure = "connections break again and again: \(reason)"
        }
    }

    private func reopen(_ connection: inout LoadConnection) throws(LoadConnection.Failure) {
        close(connection.descriptor)
        connection.descriptor = -1
        connection.reader.reset()
        do throws(BenchError) { connection.descriptor = try LoadConnection.open(host: host, port: port) } catch {
            throw .broken(error.description)
        }
    }

    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func wallClock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

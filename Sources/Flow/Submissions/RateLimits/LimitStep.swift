package import Events

/// One rule, one subject, one instant: exact integer arithmetic, so equal inputs give equal results on every machine and
/// replaying the log reproduces every state and every verdict.
///
/// **Token bucket**, kept as one instant for each subject, the *theoretical arrival time* `t` of the Generic Cell Rate
/// Algorithm (ITU-T I.371, annex A, virtual scheduling form): with `interval = window / limit` (whole microseconds) and
/// `tolerance = interval × (burst - 1)`, a submission at `now` passes when `t - tolerance <= now`, and then `t` becomes
/// `max(t, now) + interval`.
///
/// **Sliding window**, as a counter over two windows aligned to multiples of `window` since 1970 (Cloudflare, "How we
/// built rate limiting capable of scaling to millions of domains", 2017): with `elapsed` since the current window began,
/// a submission passes when `previous × (window - elapsed) + current × window + window <= limit × window`, that is when
/// the estimate for the last `window` and this submission together do not exceed the limit; and then `current` grows by
/// one.
///
/// A refused submission changes nothing. A state further ahead than a full bucket, or of a later window, can only come
/// from a later receipt time (a backfill into the past): it then counts as none.
package struct LimitStep: Hashable, Sendable {
    package var isAllowed: Bool
    package var before: LimitState?
    /// The state when the submission is counted; `before` when it is refused and there was one.
    package var after: LimitState?
    /// Submissions that would pass at once after this one.
    package var remaining: Int
    /// When a refused submission would have passed, were there no others; `now` for one that passed.
    package var passesAt: Timestamp
    /// Until the bucket is full again, or the current window ends.
    package var resetsAt: Timestamp
}

extension LimitRule {
    private var windowMicroseconds: Int64 { Int64(windowSeconds) * 1_000_000 }

    package func step(state: LimitState?, now: Timestamp) -> LimitStep {
        switch algorithm {
        case .tokenBucket: bucketStep(state, now.microseconds)
        case .slidingWindow: windowStep(state, now.microseconds)
        }
    }

    // MARK: Token bucket

    /// Microseconds in which one submission's room comes back.
    package var intervalMicroseconds: Int64 { max(1, windowMicroseconds / Int64(limit)) }

    private func bucketStep(_ state: LimitState?, _ now: Int64) -> LimitStep {
        let interval = intervalMicroseconds
        let tolerance = interval * Int64((burst ?? limit) - 1)
        var arrival = max(state?.at ?? now, now)
        if arrival - now > tolerance + interval { arrival = now }
        guard arrival - tolerance <= now else {
            return LimitStep(
                isAllowed: false, before: state, after: state, remaining: 0,
                passesAt: Timestamp(microseconds: arrival - tolerance), resetsAt: Timestamp(microseconds: arrival))
        }
        let after = arrival + interval
        return LimitStep(
            isAllowed: true, before: state, after: LimitState(at: after),
            remaining: Int((tolerance + interval - (after - now)) / interval), passesAt: Timestamp(microseconds: now),
            resetsAt: Timestamp(microseconds: after))
    }

    // MARK: Sliding window

    private func windowStep(_ state: LimitState?, _ now: Int64) -> LimitStep {
        let window = windowMicroseconds
        let start = floorDivide(now, window) * window
        var (current, previous): (Int64, Int64) = (0, 0)
        if let state {
            if state.at == start {
                (current, previous) = (state.current, state.previous)
            } else if state.at == start - window {
                previous = state.current
            }
        }
        let elapsed = now - start
        let used = previous * (window - elapsed) + current * window
        let allowed = Int64(limit) * window
        let end = Timestamp(microseconds: start + window)
        guard used + window <= allowed else {
            return LimitStep(
                isAllowed: false, before: state, after: state, remaining: 0,
                passesAt: Timestamp(microseconds: windowPassesAt(start, current, previous)), resetsAt: end)
        }
        return LimitStep(
            isAllowed: true, before: state, after: LimitState(at: start, current: current + 1, previous: previous),
            remaining: Int((allowed - used - window) / window), passesAt: Timestamp(microseconds: now), resetsAt: end)
    }

    /// The first instant at which one more passes: the inequality solved for `elapsed`, in the current window while it has
    /// room of its own, else in the next one, where `current` is the window before.
    private func windowPassesAt(_ start: Int64, _ current: Int64, _ previous: Int64) -> Int64 {
        let window = windowMicroseconds
        let room = Int64(limit) - 1
        if current <= room {
            // previous > 0: without it the submission would have passed.
            return start + window - min(window, (room - current) * window / previous)
        }
        return start + window + window - min(window, room * window / current)
    }
}

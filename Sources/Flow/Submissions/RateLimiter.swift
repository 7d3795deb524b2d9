package import Events

/// The limit on one user's submissions: a token bucket that holds one minute's worth, in exact integer arithmetic.
///
/// Kept as one instant per user, the *theoretical arrival time* `t` of the Generic Cell Rate Algorithm (ITU-T I.371,
/// annex A, virtual scheduling form): with `interval = 60,000,000 µs / limit` and `tolerance = interval × (limit - 1)`, a
/// submission at `now` passes when `t - tolerance <= now`, and then `t` becomes `max(t, now) + interval`. A refused one
/// changes nothing. Equal instants give equal results, so replaying the log reproduces every state and every verdict.
///
/// An instant further ahead than a full bucket can only come from a later receipt time (a backfill into the past): the
/// bucket then counts as full.
package struct RateLimiter: Hashable, Sendable {
    package struct Step: Hashable, Sendable {
        package var isAllowed: Bool
        package var before: Timestamp?
        package var after: Timestamp
        /// Submissions that would pass at once after this one.
        package var remaining: Int
        /// When a refused submission would have passed; `now` for one that passed.
        package var passesAt: Timestamp
    }

    /// Submissions a minute, at least 1.
    package var perMinute: Int
    package init(perMinute: Int) { self.perMinute = max(1, perMinute) }

    package var intervalMicroseconds: Int64 { 60_000_000 / Int64(perMinute) }

    package func step(state: Timestamp?, now: Timestamp) -> Step {
        let interval = intervalMicroseconds
        let tolerance = interval * Int64(perMinute - 1)
        var arrival = max(state ?? now, now)
        if arrival.microseconds - now.microseconds > tolerance + interval { arrival = now }
        guard arrival.microseconds - tolerance <= now.microseconds else {
            return Step(
                isAllowed: false, before: state, after: arrival, remaining: 0,
                passesAt: Timestamp(microseconds: arrival.microseconds - tolerance))
        }
        let after = Timestamp(microseconds: arrival.microseconds + interval)
        let spent = after.microseconds - now.microseconds
        let remaining = (tolerance + interval - spent) / interval
        return Step(isAllowed: true, before: state, after: after, remaining: Int(remaining), passesAt: now)
    }
}

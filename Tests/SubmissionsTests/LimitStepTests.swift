import Events
import Submissions
import Testing

/// The arithmetic of one rule and one subject, against twins that remember everything.
@Suite struct LimitStepTests {
    struct Random {
        var seed: UInt64
        mutating func next(_ bound: Int64) -> Int64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(seed >> 20) % bound
        }
    }

    static let rules: [LimitRule] = [
        LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 1, windowSeconds: 60),
        LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 7, windowSeconds: 60),
        LimitRule(appliesTo: .key, algorithm: .tokenBucket, limit: 100, windowSeconds: 10, burst: 5),
        LimitRule(appliesTo: .key, algorithm: .tokenBucket, limit: 2, windowSeconds: 30, burst: 9),
        LimitRule(appliesTo: .source, algorithm: .slidingWindow, limit: 1, windowSeconds: 10),
        LimitRule(appliesTo: .source, algorithm: .slidingWindow, limit: 5, windowSeconds: 10),
        LimitRule(appliesTo: .source, algorithm: .slidingWindow, limit: 40, windowSeconds: 7),
    ]

    /// A bucket of microseconds of credit: it fills with the time, a submission costs one interval.
    struct Bucket {
        let interval: Int64
        let capacity: Int64
        var level: Int64
        var at: Int64

        mutating func passes(at now: Int64) -> Bool {
            level = min(capacity, level + now - at)
            at = now
            guard level >= interval else { return false }
            level -= interval
            return true
        }
    }

    /// Every instant that passed; the estimate in whole numbers, over common denominators.
    struct Window {
        let limit: Int64
        let window: Int64
        var passed: [Int64] = []

        func wouldPass(at now: Int64) -> Bool {
            let index = now / window
            let current = Int64(passed.count { $0 / window == index })
            let previous = Int64(passed.count { $0 / window == index - 1 })
            let overlap = (index + 1) * window - now
            return (current + 1) * window + previous * overlap <= limit * window
        }
    }

    @Test(arguments: rules, [1, 2, 3, 4, 5] as [UInt64])
    func randomHistoriesAgreeWithTheTwin(_ rule: LimitRule, _ seed: UInt64) {
        var random = Random(seed: seed &* 977)
        let window = Int64(rule.windowSeconds) * 1_000_000
        let start: Int64 = 1_700_000_003_123_457
        let interval = window / Int64(rule.limit)
        let capacity = interval * Int64(rule.burst ?? rule.limit)
        var bucket = Bucket(interval: interval, capacity: capacity, level: capacity, at: start)
        var twin = Window(limit: Int64(rule.limit), window: window)
        var state: LimitState?
        var now = start
        var (passed, refused) = (0, 0)
        for _ in 0..<2000 {
            now += random.next(Int64(rule.limit) + 2) == 0 ? random.next(window) : random.next(max(1, interval / 2))
            let step = rule.step(state: state, now: Timestamp(microseconds: now))
            let expected =
                rule.algorithm == .tokenBucket ? bucket.passes(at: now) : twin.wouldPass(at: now)
            #expect(step.isAllowed == expected, "\(rule.id) at \(now)")
            guard step.isAllowed == expected else { return }
            if step.isAllowed {
                passed += 1
                twin.passed.append(now)
                twin.passed.removeAll { $0 < now - 2 * window }
                state = step.after
                var more = 0
                var probe = step
                while more < step.remaining {
                    probe = rule.step(state: probe.after, now: Timestamp(microseconds: now))
                    guard probe.isAllowed else { break }
                    more += 1
                }
                #expect(more == step.remaining)
                #expect(!rule.step(state: probe.after, now: Timestamp(microseconds: now)).isAllowed)
            } else {
                refused += 1
                #expect(step.after == state, "a refusal changes nothing")
                #expect(step.passesAt.microseconds > now)
                #expect(rule.step(state: state, now: step.passesAt).isAllowed)
                #expect(!rule.step(state: state, now: step.passesAt - .microseconds(1)).isAllowed)
            }
        }
        #expect(passed > 20 && refused > 20, "\(rule.id): \(passed) passed, \(refused) refused")
    }

    @Test(arguments: rules) func aStateFromLaterCountsAsNone(_ rule: LimitRule) {
        var state: LimitState?
        let now = Timestamp(seconds: 1_700_000_000)
        while true {
            let step = rule.step(state: state, now: now)
            guard step.isAllowed else { break }
            state = step.after
        }
        #expect(rule.step(state: state, now: now - .seconds(86_400)).isAllowed, "a backfill meets nothing")
    }

    @Test func theLargestRulesDoNotOverflow() {
        let now = Timestamp(rfc3339: "9999-12-31T23:59:59Z")!
        for algorithm in LimitRule.Algorithm.allCases {
            for (limit, burst) in [(1, 1_000_000), (1_000_000, 1_000_000), (1_000_000, 1)] {
                let rule = LimitRule(
                    appliesTo: .key, algorithm: algorithm, limit: limit, windowSeconds: 2_678_400, burst: burst)
                let start = floorDivide(now.microseconds, 2_678_400_000_000) * 2_678_400_000_000
                let full = LimitState(at: start, current: Int64(limit), previous: Int64(limit))
                #expect(rule.step(state: nil, now: now).isAllowed)
                _ = rule.step(state: full, now: now)
            }
        }
    }

    @Test func equalContentIsTheSameRule() {
        let rule = LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 10, windowSeconds: 60)
        #expect(rule == LimitRule.standard(perMinute: 10))
        // States are stored under it: it must never change.
        #expect(rule.id == "user-49a4be8c7a00")
        #expect(
            rule.id == LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 10, windowSeconds: 60, burst: 10).id)
        let others = [
            LimitRule(appliesTo: .key, algorithm: .tokenBucket, limit: 10, windowSeconds: 60),
            LimitRule(appliesTo: .user, source: "web_form", algorithm: .tokenBucket, limit: 10, windowSeconds: 60),
            LimitRule(appliesTo: .user, algorithm: .slidingWindow, limit: 10, windowSeconds: 60),
            LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 10, windowSeconds: 61),
            LimitRule(appliesTo: .user, algorithm: .tokenBucket, limit: 10, windowSeconds: 60, burst: 2),
        ]
        #expect(Set(others.map(\.id) + [rule.id]).count == 6)
    }
}

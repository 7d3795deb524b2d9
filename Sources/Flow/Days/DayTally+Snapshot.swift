internal import Events
package import Ports

/// A closed day that a snapshot is compared with.
package struct TrailingDay: Sendable {
    package var sha256: String
    package var snapshot: DaySnapshot

    package init(sha256: String, snapshot: DaySnapshot) {
        self.sha256 = sha256
        self.snapshot = snapshot
    }
}

extension DayTally {
    /// The snapshot of what was added so far. `trailing` are the closed ones of the seven days before, ascending. `format` is
    /// one of `DaySnapshot.formatsRead`: that of a day which was closed in it.
    package func snapshot(
        leads: Int64, events: DayEventTotals?, trailing: [TrailingDay], format: Int = DaySnapshot.formatVersion
    ) -> DaySnapshot {
        let failures = total.failures
        return DaySnapshot(
            format: format, projectId: projectID, date: date, timeZone: calendar.zoneName,
            startsAt: bounds.lowerBound, endsAt: bounds.upperBound,
            attempts: DaySnapshot.Counts(
                attempts: total.attempts, successes: total.successes, failures: failures,
                failureShare: Decimal.ratio(failures, total.attempts), firstSequence: firstSequence,
                lastSequence: rowCount > 0 ? lastSequence : nil, firstAt: firstAt, lastAt: lastAt),
            leads: leads, byHour: hourRows(), bySource: Self.groups(sources, withHours: true),
            byChannel: Self.groups(channels, withHours: false), byCategory: categoryRows(), byCode: codeRows(),
            bySourceAndCode: sourceCodeRows(), fieldErrors: fieldRows(), retries: retryPart(), users: userPart(),
            keys: format >= 2 ? keyPart() : nil,
            latency: latencyPart(), events: events.map { DaySnapshot.EventPart($0, format: format) },
            comparison: DaySnapshot.Comparison(over: trailing))
    }

    private func hourRows() -> [DaySnapshot.HourRow] {
        hours.enumerated().map { index, hour in
            let start = bounds.lowerBound + .seconds(Int64(index) * 3600)
            return DaySnapshot.HourRow(
                startsAt: start, hour: calendar.hour(at: start), attempts: hour.attempts, successes: hour.successes,
                failures: hour.attempts - hour.successes)
        }
    }

    private static func groups(_ groups: NamedValues<Group>, withHours: Bool) -> DaySnapshot.Groups {
        let sorted = groups.sorted {
            $0.value.attempts != $1.value.attempts
                ? $0.value.attempts > $1.value.attempts : precedes($0.key, $1.key)
        }
        let rows = sorted.prefix(DayLimits.groupRowsMax).map { row($0.key, $0.value, withHours: withHours) }
        var rest = Group()
        for (_, group) in sorted.dropFirst(DayLimits.groupRowsMax) {
            rest.add(group)
        }
        return DaySnapshot.Groups(
            rows: rows, distinct: Int64(groups.count),
            other: rest.attempts > 0 ? row("(other)", rest, withHours: withHours) : nil)
    }

    private static func row(_ name: String, _ group: Group, withHours: Bool) -> DaySnapshot.GroupRow {
        DaySnapshot.GroupRow(
            name: name, attempts: group.attempts, successes: group.successes, failures: group.failures,
            failureShare: Decimal.ratio(group.failures, group.attempts),
            p95Ms: quantile(0.95, group.latency).map(Decimal.milliseconds), byHour: withHours ? group.byHour : nil)
    }

    private func categoryRows() -> [DaySnapshot.CategoryRow] {
        var counts: [String: Int64] = [:]
        for (key, group) in codes { counts[key.category, default: 0] += group.count }
        return counts.sorted { $0.value != $1.value ? $0.value > $1.value : Self.precedes($0.key, $1.key) }.map {
            DaySnapshot.CategoryRow(
                category: $0.key, count: $0.value, shareOfFailures: Decimal.ratio($0.value, total.failures))
        }
    }

    private func codeRows() -> [DaySnapshot.CodeRow] {
        struct Code: Hashable { var category: String, code: String }
        var counts: [Code: Int64] = [:]
        for (key, group) in codes { counts[Code(category: key.category, code: key.code), default: 0] += group.count }
        let sorted = Self.sorted(counts, by: \.value) { $0.code + "\n" + $0.category }
        return sorted.prefix(DayLimits.groupRowsMax).map {
            DaySnapshot.CodeRow(
                category: $0.key.category, code: $0.key.code, count: $0.value,
                shareOfFailures: Decimal.ratio($0.value, total.failures))
        }
    }

    private func sourceCodeRows() -> [DaySnapshot.SourceCodeRow] {
        let sorted = Self.sorted(codes, by: \.value.count) { $0.source + "\n" + $0.code + "\n" + $0.category }
        return sorted.prefix(DayLimits.codeBySourceRowsMax).map { key, group in
            DaySnapshot.SourceCodeRow(
                source: key.source, category: key.category, code: key.code, count: group.count,
                shareOfSource: Decimal.ratio(group.count, sources.value(of: key.source)?.attempts ?? 0),
                firstAt: group.first,
                lastAt: group.last, byHour: group.byHour)
        }
    }

    private func fieldRows() -> [DaySnapshot.FieldRow] {
        let sorted = Self.sorted(fields, by: \.value) { $0.source + "\n" + $0.pointer + "\n" + $0.code }
        return sorted.prefix(DayLimits.groupRowsMax).map {
            DaySnapshot.FieldRow(source: $0.key.source, pointer: $0.key.pointer, code: $0.key.code, count: $0.value)
        }
    }

    private func retryPart() -> DaySnapshot.Retries {
        var later = (attempts: Int64(0), successes: Int64(0))
        for counts in tries.dropFirst(2) {
            later.attempts += counts.attempts
            later.successes += counts.successes
        }
        let first = tries[1]
        return DaySnapshot.Retries(
            firstTry: first.successes, recovered: later.successes, failedFirst: first.attempts - first.successes,
            failedAgain: later.attempts - later.successes,
            byAttempt: tries.enumerated().filter { $1.attempts > 0 }.map { number, counts in
                DaySnapshot.TryRow(attempt: number, attempts: counts.attempts, successes: counts.successes)
            })
    }

    private func userPart() -> DaySnapshot.Users {
        let top = topUsers(DayLimits.topUsersMax)
        return DaySnapshot.Users(
            distinct: Int64(users.count), anonymousAttempts: anonymous,
            top: top.map {
                DaySnapshot.UserRow(
                    userId: $0.key, attempts: $0.value.attempts, failures: $0.value.failures,
                    share: Decimal.ratio($0.value.attempts, total.attempts))
            },
            topShare: Decimal.ratio(top.first?.value.attempts ?? 0, total.attempts),
            topTenShare: Decimal.ratio(top.reduce(0) { $0 + $1.value.attempts }, total.attempts))
    }

    /// The users with the most attempts, in that order; of equals the first by name. A day may have as many users as attempts,
    /// so they are not all sorted.
    private func topUsers(_ count: Int) -> [(key: String, value: User)] {
        func isBefore(_ a: Int, _ b: Int) -> Bool {
            users[a].attempts != users[b].attempts
                ? users[a].attempts > users[b].attempts : users.isName(a, before: b)
        }
        var top: [Int] = []
        for user in 0..<users.count {
            if top.count == count {
                guard let last = top.last, isBefore(user, last) else { continue }
                top.removeLast()
            }
            top.insert(user, at: top.firstIndex { isBefore(user, $0) } ?? top.count)
        }
        return top.map { (key: users.name($0), value: users[$0]) }
    }

    private func keyPart() -> DaySnapshot.Keys {
        let sorted = keys.sorted { a, b in
            if a.value.failures != b.value.failures { return a.value.failures > b.value.failures }
            if a.value.attempts != b.value.attempts { return a.value.attempts > b.value.attempts }
            return Self.precedes(a.key, b.key)
        }
        func row(_ name: String, _ counts: User) -> DaySnapshot.KeyRow {
            DaySnapshot.KeyRow(
                keyId: name, attempts: counts.attempts, failures: counts.failures,
                failureShare: Decimal.ratio(counts.failures, counts.attempts),
                shareOfFailures: Decimal.ratio(counts.failures, total.failures))
        }
        var rest = User()
        for (_, counts) in sorted.dropFirst(DayLimits.keyRowsMax) { rest.add(counts) }
        return DaySnapshot.Keys(
            distinct: Int64(keys.count), withoutKeyAttempts: withoutKey,
            rows: sorted.prefix(DayLimits.keyRowsMax).map { row($0.key, $0.value) },
            other: rest.attempts > 0 ? row(Self.overflowName, rest) : nil)
    }

    private func latencyPart() -> DaySnapshot.Latency? {
        // A sketch's estimate may lie up to 1 % above the slowest attempt, which is known exactly.
        func quantile(_ q: Double) -> String {
            Decimal.milliseconds(min(Self.quantile(q, total.latency) ?? 0, maxMilliseconds))
        }
        guard total.attempts > 0 else { return nil }
        return DaySnapshot.Latency(
            count: total.attempts, p50Ms: quantile(0.5), p90Ms: quantile(0.9), p95Ms: quantile(0.95),
            p99Ms: quantile(0.99), maxMs: Decimal.milliseconds(maxMilliseconds))
    }

    private static func quantile(_ q: Double, _ histogram: Histogram) -> Double? {
        LatencySketch.quantile(q, of: histogram.buckets)
    }

    /// Those with the largest counts first, equals by their names, each of which is made once.
    fileprivate static func sorted<Key, Value>(
        _ groups: [Key: Value], by count: (Dictionary<Key, Value>.Element) -> Int64, named name: (Key) -> String
    ) -> [(key: Key, value: Value)] {
        groups.map { (group: $0, count: count($0), name: name($0.key)) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : precedes($0.name, $1.name) }
            .map(\.group)
    }

    /// The order of texts everywhere in a snapshot: by their UTF-8 bytes.
    private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}

extension DaySnapshot.EventPart {
    package init(_ totals: DayEventTotals, format: Int = DaySnapshot.formatVersion) {
        func rows(_ counts: [String: Int64]) -> [DaySnapshot.CodeCount] {
            counts.sorted {
                $0.value != $1.value ? $0.value > $1.value : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }
            .map { DaySnapshot.CodeCount(code: $0.key, count: $0.value) }
        }
        let books = totals.books
        self.init(
            events: totals.events, late: format >= 3 ? totals.late : nil, failures: totals.failures,
            byType: totals.byType.sorted {
                $0.events != $1.events ? $0.events > $1.events : $0.type.utf8.lexicographicallyPrecedes($1.type.utf8)
            }.map { DaySnapshot.TypeRow(type: DayTally.cut($0.type), events: $0.events, failures: $0.failures) },
            inputTokens: totals.inputTokens, outputTokens: totals.outputTokens, costMicroUsd: totals.costMicroUSD,
            costUsd: Decimal.text(totals.costMicroUSD, places: 6),
            books: DaySnapshot.Books(
                received: books.received, stored: books.stored, duplicate: books.duplicate, sampled: books.sampled,
                rejected: rows(books.rejected), rejectedTotal: books.rejected.values.reduce(0, +),
                quarantined: rows(books.quarantined), quarantinedTotal: books.quarantined.values.reduce(0, +),
                balanced: books.isBalanced),
            pending: totals.pending)
    }
}

extension DaySnapshot.Comparison {
    /// Means over the given days; empty without any.
    package init(over trailing: [TrailingDay]) {
        let days = trailing.map(\.snapshot)
        let count = Int64(days.count)
        func mean(_ sum: Int64) -> String? { Decimal.ratio(sum, count, places: 2) }
        let attempts = days.reduce(0) { $0 + $1.attempts.attempts }
        let failures = days.reduce(0) { $0 + $1.attempts.failures }
        self.init(
            days: trailing.map { .init(date: $0.snapshot.date, sha256: $0.sha256) },
            attemptsMean: mean(attempts), leadsMean: mean(days.reduce(0) { $0 + $1.leads }),
            failuresMean: mean(failures), failureShare: Decimal.ratio(failures, attempts),
            p95MsMean: Self.meanMilliseconds(days.compactMap { $0.latency?.p95Ms }),
            usersMean: mean(days.reduce(0) { $0 + $1.users.distinct }),
            sources: Self.sources(days), codes: Self.codes(days))
    }

    private static func sources(_ days: [DaySnapshot]) -> [DaySnapshot.ComparedGroup] {
        var rows: [String: [DaySnapshot.GroupRow]] = [:]
        for day in days { for row in day.bySource.rows { rows[row.name, default: []].append(row) } }
        let sorted = rows.map { (name: $0.key, rows: $0.value, sum: $0.value.reduce(0) { $0 + $1.attempts }) }
            .sorted { $0.sum != $1.sum ? $0.sum > $1.sum : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return sorted.prefix(DayLimits.groupRowsMax).map { source in
            DaySnapshot.ComparedGroup(
                source: source.name, attemptsMean: Decimal.ratio(source.sum, Int64(days.count), places: 2) ?? "0.00",
                failureShare: Decimal.ratio(source.rows.reduce(0) { $0 + $1.failures }, source.sum),
                p95MsMean: meanMilliseconds(source.rows.compactMap(\.p95Ms)))
        }
    }

    private static func codes(_ days: [DaySnapshot]) -> [DaySnapshot.ComparedCode] {
        struct Key: Hashable { var source: String, code: String }
        var counts: [Key: Int64] = [:]
        var attempts: [String: Int64] = [:]
        for day in days {
            for row in day.bySourceAndCode { counts[Key(source: row.source, code: row.code), default: 0] += row.count }
            for row in day.bySource.rows { attempts[row.name, default: 0] += row.attempts }
        }
        let sorted = DayTally.sorted(counts, by: \.value) { $0.source + "\n" + $0.code }
        return sorted.prefix(DayLimits.codeBySourceRowsMax).map {
            DaySnapshot.ComparedCode(
                source: $0.key.source, code: $0.key.code,
                countMean: Decimal.ratio($0.value, Int64(days.count), places: 2) ?? "0.00",
                shareOfSource: Decimal.ratio($0.value, attempts[$0.key.source] ?? 0))
        }
    }

    /// The mean of texts made by `Decimal.milliseconds`, in integer microseconds.
    private static func meanMilliseconds(_ texts: [String]) -> String? {
        guard !texts.isEmpty else { return nil }
        let sum = texts.reduce(Int64(0)) { sum, text in
            let digits = text.utf8.filter { $0 != UInt8(ascii: ".") }
            return sum + (Int64(String(decoding: digits, as: UTF8.self)) ?? 0)
        }
        return Decimal.ratio(sum, Int64(texts.count) * 1000, places: 3)
    }
}

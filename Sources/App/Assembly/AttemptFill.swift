internal import Accounts
internal import Days
internal import Events
internal import Foundation
package import Ports
internal import SQLiteLedger
package import Settings
internal import SystemPorts
package import Telemetry

/// Fills the ledger of a new data folder with a year of synthetic attempts, without a server: what searches and pages are
/// measured on. Rows go through the ledger's own transactions, many thousands each, so sequences, the hash chain, the
/// indexes and every trigger are those of real traffic; only the hashes of people's addresses are sorted once, at the end
/// (`beginSortingContactsOnce`). Nothing is written to the outbox.
package enum AttemptFill {
    package struct Options: Sendable {
        package var rows: Int
        package var projects: Int
        /// The time that the rows are spread over, ending now.
        package var days: Int
        /// Rows of one transaction.
        package var commitRows: Int

        package init(rows: Int, projects: Int, days: Int, commitRows: Int) {
            self.rows = rows
            self.projects = projects
            self.days = days
            self.commitRows = commitRows
        }
    }

    package struct Report: Sendable, Codable {
        package var rows: Int
        package var leads: Int
        package var users: Int
        package var seconds: Double
        package var rowsPerSecond: Double
        /// Of `seconds`, the sorting at the end.
        package var sortingSeconds: Double
        package var bytesOnDisk: Int64
        /// The folder's own project, which has the same share of the rows as every other one.
        package var projectID: String
    }

    /// Throws `StartFailure` when the folder has no project, or its log has begun. `progress` is called with all rows once
    /// they are written and are being sorted.
    package static func run(
        _ settings: Settings, _ options: Options, clock: any Clock, telemetry: Telemetry,
        progress: @Sendable (_ rows: Int, _ rowsPerSecond: Double) -> Void
    ) async throws -> Report {
        let folder = try DataFolder(path: settings.dataFolder, access: .own)
        let ledger = try Initialise.openLedger(folder, telemetry: telemetry)
        let published = try await PublishedAccounts(ledger: ledger, clock: clock)
        guard let own = published.projects.first else {
            throw StartFailure("There is no project in \(folder.path). Create the folder first: daybook init.")
        }
        guard try await ledger.tip(of: own.id) == nil else {
            throw StartFailure(
                "The log of \(own.id) has begun. Fill a folder that only `daybook init` has touched; nothing was changed."
            )
        }
        let report = try await fill(ledger, folder, own, options, clock: clock, progress: progress)
        try ledger.close()
        return report
    }

    private static func fill(
        _ ledger: SQLiteLedger, _ folder: DataFolder, _ own: Project, _ options: Options, clock: any Clock,
        progress: @Sendable (Int, Double) -> Void
    ) async throws -> Report {
        let now = clock.now
        let start = now - .seconds(Int64(options.days) * 86_400)
        let step = max(1, Int64(options.days) * 86_400_000_000 / Int64(options.rows))
        var makers = [AttemptMaker(own.id, calendar: own.calendar, seed: 1)]
        for number in 1..<max(1, options.projects) {
            var project = own
            project.id = ProjectID(trusted: "prj_bench\(number)")
            project.name = "Bench \(number)"
            project.createdAt = start
            try await ledger.apply([.createProject(project)])
            makers.append(AttemptMaker(project.id, calendar: project.calendar, seed: UInt64(number) + 1))
        }
        let began = clock.monotonic
        func next(after made: Int) -> [MadeAttempt] {
            (made..<min(made + options.commitRows, options.rows)).map { number in
                makers[number % makers.count].next(at: start + .microseconds(step * Int64(number)))
            }
        }
        try await ledger.beginSortingContactsOnce()
        var written = 0
        var batch = next(after: 0)
        while !batch.isEmpty {
            // The next ones are made while these are written.
            let writing = Task { [batch] in
                try await ledger.commit(batch) { (made, transaction) throws(LedgerError) in
                    if let user = made.user { try transaction.insert(user) }
                    try transaction.append(made.attempt)
                    if let lead = made.lead { try transaction.insert(lead, digest: made.digest) }
                }
            }
            let count = batch.count
            batch = next(after: written + count)
            _ = try await writing.value
            written += count
            progress(written, Double(written) / max(0.001, (clock.monotonic - began).milliseconds / 1000))
        }
        let sortingBegan = clock.monotonic
        try await ledger.endSortingContactsOnce()
        let sortingSeconds = (clock.monotonic - sortingBegan).milliseconds / 1000
        let seconds = (clock.monotonic - began).milliseconds / 1000
        let size = (try? FileManager.default.attributesOfItem(atPath: folder.ledgerPath)[.size]) as? NSNumber
        return Report(
            rows: written, leads: makers.reduce(0) { $0 + $1.leads }, users: makers.reduce(0) { $0 + $1.users },
            seconds: seconds, rowsPerSecond: Double(written) / max(0.001, seconds), sortingSeconds: sortingSeconds,
            bytesOnDisk: size?.int64Value ?? 0, projectID: own.id.text)
    }
}

/// One attempt with what its transaction writes beside it.
struct MadeAttempt: Sendable {
    var attempt: Attempt
    var user: SubmittingUser?
    var lead: Lead?
    var digest: [UInt8]
}

/// Makes one project's attempts in order: about four of five succeed, people come back now and then, failures have the
/// codes and messages of real ones.
struct AttemptMaker {
    private let project: ProjectID
    private let calendar: DayCalendar
    private let identifiers: TimeOrderedIdentifiers
    private var random: SeededNumbers
    private var tip: AttemptTip?
    private var people: [String] = []
    private var date: (day: LogicalDate, bounds: Range<Timestamp>)?
    private(set) var leads = 0
    private(set) var users = 0

    private static let sources = [
        "web_form", "web_form", "web_form", "partner_api", "partner_api", "bulk_import", "call_center", "webhook",
        "mobile_app",
    ]
    private static let channels = ["organic", "paid_search", "affiliate", "email", "social", "referral"]
    /// A code, its message, and how often it comes among a hundred failures.
    private static let failures: [(code: ErrorCode, message: String, weight: Int)] = [
        (.emailInvalid, "/user/email: Write an address like ada@example.com.", 28),
        (.phoneInvalid, "/user/phone: Write it in E.164 form: + and 8 to 15 digits, e.g. +12125550123.", 18),
        (.stateInvalid, "/fields/state: Write the two letters of a US state, e.g. CA.", 14),
        (.consentMissing, "/consent: The person has to agree: consent must be true.", 10),
        (.duplicateLead, "The same user sent the same fields from web_form within 24 hours: lead ", 12),
        (.rateLimitUser, "This user may submit 5 times a minute. The next submission passes at ", 10),
        (.fieldRange, "/fields/loan_amount: Must be from 1000 to 10000000.", 6),
        (.dependencyTimeout, "The credit bureau did not answer within 5 s.", 2),
    ]

    init(_ project: ProjectID, calendar: DayCalendar, seed: UInt64) {
        self.project = project
        self.calendar = calendar
        random = SeededNumbers(seed: seed)
        identifiers = TimeOrderedIdentifiers(randomness: SeededRandomness(seed: seed &* 0x9E37_79B9))
    }

    /// The address of the project's person number `number`, from 0.
    static func email(_ number: Int) -> String { "person\(number)@bench.example" }

    mutating func next(at time: Timestamp) -> MadeAttempt {
        let attemptID = identifiers.make(.attempt, at: time)
        let isSuccess = random.below(100) < 79
        let (userID, user) = person(at: time)
        let source = Self.sources[random.below(Self.sources.count)]
        let leadID = isSuccess ? identifiers.make(.lead, at: time) : nil
        let failure = isSuccess ? nil : Self.failure(random.below(100), at: time, attemptID: attemptID)
        var attempt = Attempt(
            attemptID: attemptID, projectID: project, sequence: (tip?.sequence ?? 0) + 1, userID: userID,
            source: source, channel: Self.channels[random.below(Self.channels.count)], receivedAt: time,
            logicalDate: day(of: time), outcome: isSuccess ? .success : .failure,
            failureCategory: failure?.code.category, failureCode: failure?.code.rawValue,
            failureMessage: failure?.message, context: context(failure, time), retryAttempt: 1 + random.below(20) / 18,
            durationMilliseconds: Double(2 + random.below(40)), idempotencyKey: nil, leadID: leadID,
            previousHash: tip?.hash ?? AttemptHash.genesis, hash: [])
        attempt.hash = AttemptHash.hash(of: attempt)
        tip = AttemptTip(sequence: attempt.sequence, receivedAt: time, hash: attempt.hash)
        guard let leadID else { return MadeAttempt(attempt: attempt, user: user, lead: nil, digest: []) }
        leads += 1
        let fields =
            "{\"credit_score\":\(580 + random.below(240)),\"loan_amount\":\(100_000 + 1000 * random.below(600)),\"state\":\"CA\",\"term_months\":360}"
        return MadeAttempt(
            attempt: attempt, user: user,
            lead: Lead(
                leadID: leadID, projectID: project, attemptID: attemptID, userID: userID, source: source,
                channel: attempt.channel, createdAt: time, fields: fields),
            digest: Self.digest(of: fields))
    }

    /// SHA-256 of the lead's fields, as a submission stores it.
    private static func digest(of fields: String) -> [UInt8] {
        let digits = DayBook.sha256(fields).utf8.map { UInt8($0 < 58 ? $0 - 48 : $0 - 87) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Somebody new two times of three; else one of the last thousand.
    private mutating func person(at time: Timestamp) -> (String, SubmittingUser?) {
        if random.below(3) == 0, let known = people.isEmpty ? nil : people[random.below(people.count)] {
            return (known, nil)
        }
        let number = users
        users += 1
        let userID = identifiers.make(.user, at: time)
        if people.count < 1000 { people.append(userID) } else { people[number % 1000] = userID }
        let phone = "+1" + String(2_000_000_000 + number)
        let identity = UserIdentity(email: Self.email(number), phone: phone, externalID: nil)!
        return (
            userID,
            SubmittingUser(userID: userID, projectID: project, identity: identity, name: nil, createdAt: time)
        )
    }

    private mutating func day(of time: Timestamp) -> LogicalDate {
        if let date, date.bounds.contains(time) { return date.day }
        let day = calendar.date(at: time)
        date = (day, calendar.bounds(of: day))
        return day
    }

    private static func failure(
        _ number: Int, at time: Timestamp, attemptID: String
    ) -> (code: ErrorCode, message: String) {
        var at = number
        for failure in failures {
            at -= failure.weight
            guard at < 0 else { continue }
            switch failure.code {
            case .duplicateLead: return (failure.code, "\(failure.message)led_\(attemptID.dropFirst(4)).")
            case .rateLimitUser: return (failure.code, "\(failure.message)\((time + .seconds(12)).rfc3339()).")
            default: return (failure.code, failure.message)
            }
        }
        return (failures[0].code, failures[0].message)
    }

    private mutating func context(_ failure: (code: ErrorCode, message: String)?, _ time: Timestamp) -> String {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        var text =
            "{\"request\":{\"schema_version\":1,\"endpoint\":\"json\",\"body_bytes\":\(180 + random.below(60)),\"body_sha256\":\"\(digest)\",\"address_hash\":\"91d3b2\(10_000_000 + random.below(1000))\",\"user_agent\":\"Chrome\",\"correlation_id\":\"req_\(digest.prefix(32))\",\"submitter\":\"key_\(digest.prefix(32))\"}"
        if let failure, failure.code.category == .validation {
            text +=
                ",\"errors\":[{\"pointer\":\"/user/email\",\"code\":\"\(failure.code.rawValue)\",\"message\":\"Write it in another way.\",\"value\":\"ada.example.com\"}]"
        }
        text +=
            ",\"limiter\":{\"limit_per_minute\":5,\"interval_us\":12000000,\"allowed\":true,\"state_after_us\":\(time.microseconds + 12_000_000),\"remaining\":4,\"passes_at\":\"\(time.rfc3339())\"}}"
        return text
    }
}

/// Numbers from a seed. Generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SeededNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// A number from 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) >> 33) % bound
    }
}

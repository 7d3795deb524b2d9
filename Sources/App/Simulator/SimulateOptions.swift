/// What to simulate, and against which server.
package struct SimulateOptions: Sendable {
    /// `http://host:port`.
    package var url: String
    /// A key with the scope `ingest`; several projects and backfills need `admin` as well.
    package var apiKey: String
    /// Actions (an event or a submission) per second of a live run.
    package var rate: Double
    /// Seconds of a live run; 0 means until interrupted.
    package var durationSeconds: Double
    package var seed: UInt64
    /// Days of history to write instead of a live run; today up to now is written as well.
    package var backfillDays: Int?
    /// Projects that take part: the key's own, and further ones that are created.
    package var projects: Int
    package var misconfigurations: [MisconfigurationSwitch]
    /// Factor on the volumes of a backfill.
    package var scale: Double
    /// A file that keeps the keys of the projects that were created, for the next run. Nil keeps none.
    package var keysFile: String?
    /// Whether nothing is printed on the way.
    package var isQuiet: Bool

    package init(
        url: String, apiKey: String, rate: Double = 5, durationSeconds: Double = 0, seed: UInt64 = 1,
        backfillDays: Int? = nil,
        projects: Int = SimulatorLimits.projectsMax, misconfigurations: [MisconfigurationSwitch] = [],
        scale: Double = 1,
        keysFile: String? = nil, isQuiet: Bool = false
    ) {
        self.url = url
        self.apiKey = apiKey
        self.rate = rate
        self.durationSeconds = durationSeconds
        self.seed = seed
        self.backfillDays = backfillDays
        self.projects = projects
        self.misconfigurations = misconfigurations
        self.scale = scale
        self.keysFile = keysFile
        self.isQuiet = isQuiet
    }

    /// Throws `usage`, naming the flag and the bound.
    package func validate() throws(SimulatorError) {
        guard rate > 0, rate <= SimulatorLimits.rateMax else {
            throw .usage("--rate: \(rate) is not within 0 to \(Int(SimulatorLimits.rateMax)) per second.")
        }
        guard durationSeconds >= 0 else { throw .usage("--duration: a run cannot be shorter than nothing.") }
        guard (1...SimulatorLimits.projectsMax).contains(projects) else {
            throw .usage("--projects: \(projects) is not within 1 to \(SimulatorLimits.projectsMax).")
        }
        guard scale > 0, scale <= SimulatorLimits.scaleMax else {
            throw .usage("--scale: \(scale) is not within 0 to \(Int(SimulatorLimits.scaleMax)).")
        }
        if let backfillDays, !(0...SimulatorLimits.backfillDaysMax).contains(backfillDays) {
            throw .usage("--backfill: \(backfillDays) days is not within 0 to \(SimulatorLimits.backfillDaysMax).")
        }
        guard !apiKey.isEmpty else { throw .usage("--api-key: a key is needed; `daybook init` prints the first one.") }
    }
}

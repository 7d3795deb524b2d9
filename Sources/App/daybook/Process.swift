import Foundation
import Logging
import Settings
import SystemPorts
import Telemetry

/// What every command of this process shares.
enum Process {
    /// Logs to standard error in the settings' format; `quiet` keeps everything below a warning out.
    static func telemetry(_ settings: Settings, quiet: Bool = false) -> Telemetry {
        let clock = SystemClock()
        let level = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info
        var logger = Logger(label: "daybook") { label in
            LineLogHandler(
                label: label, format: settings.log.format == .json ? .json : .text, level: level, now: { clock.now },
                write: LineLogHandler.standardError)
        }
        if quiet { logger.logLevel = max(level, .warning) }
        return Telemetry(logger: logger, metrics: MetricRegistry())
    }

    /// A line on standard output, at once.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}

import ArgumentParser
import Foundation
import ServerClient
import SignalBench
import SystemPorts

/// Not a measurement of a server: it plays days through the real rules in a folder of its own.
struct BenchSignals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Measure how many misconfigurations the signals of a day name, and how many they invent.",
        discussion: """
            Days are simulated from the seed, with and without something set up wrongly; docs/signals.md says which scenarios
            the thresholds were chosen on (with seed 1) and which were held out.
            """)

    @Option(help: "Days to measure.") var days = 200
    @Option(help: "The seed of everything.") var seed: UInt64 = 1
    @Option(help: "Factor on the simulator's volumes.") var scale = 1.0
    @Flag(help: "Print JSON, with every miss and every signal without reason.") var json = false
    @Flag(help: "Print no progress.") var quiet = false

    func run() async throws {
        guard (1...5000).contains(days), scale > 0, scale <= 20 else {
            throw ValidationError("--days: 1 to 5000; --scale: above 0, at most 20.")
        }
        let clock = SystemClock()
        let line = ProgressLine(isQuiet: quiet)
        let report = try await SignalBench.run(.init(days: days, seed: seed, scale: scale)) { done, total in
            line.show(at: clock.monotonic) { "\(ProgressLine.bar(done, of: total))  day \(done) of \(total)" }
        }
        line.finish("\(ProgressLine.bar(1, of: 1))  done")
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report.text)
        }
    }
}

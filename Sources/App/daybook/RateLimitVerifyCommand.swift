import ArgumentParser
import Assembly
import Days
import Events

/// `daybook verify --rate-limits`: the limits' history, replayed from the log.
extension Verify {
    func verifyRateLimits(_ commands: DayCommands) async throws {
        let progress = VerifyProgress(isQuiet: json)
        let results: [RateLimitVerification]
        do {
            results = try await commands.verifyRateLimits(project: project) { progress.show($1, of: $2) }
            await commands.finish()
        } catch {
            await commands.finish()
            throw error
        }
        _ = progress.finish()
        let isOK = results.allSatisfy(\.isOK)
        if json {
            print(
                CanonicalJSON.object([
                    "ok": .boolean(isOK), "projects": .array(results.map(Self.document)),
                ]).text)
        } else {
            for result in results { print(Self.describe(result)) }
            print(isOK ? "Every limit follows from the log." : "Something does not follow from the log: see above.")
        }
        if !isOK { throw ExitCode.failure }
    }

    private static func document(_ result: RateLimitVerification) -> CanonicalJSON {
        .object([
            "project_id": .string(result.projectID.text), "ok": .boolean(result.isOK),
            "attempts": .integer(result.attempts), "attempts_limited": .integer(result.limited),
            "states_compared": .integer(result.statesCompared),
            "rules": .array(
                result.rules.map {
                    .object([
                        "rule_id": .string($0.ruleID), "subjects": .integer(Int64($0.subjects)),
                        "verdicts": .integer($0.verdicts), "refused": .integer($0.refused),
                    ])
                }),
            "differences": .array(
                result.differences.map {
                    .object([
                        "sequence": $0.sequence.map { CanonicalJSON.integer($0) } ?? .null,
                        "attempt_id": .optional($0.attemptID), "rule_id": .string($0.ruleID),
                        "subject": .string($0.subject), "what": .string($0.what), "recorded": .string($0.recorded),
                        "replayed": .string($0.replayed),
                    ])
                }),
        ])
    }

    private static func describe(_ result: RateLimitVerification) -> String {
        var lines = [
            "\(result.projectID)  \(result.attempts) attempts, \(result.limited) with limits, \(result.statesCompared) states  \(result.isOK ? "ok" : "WRONG")"
        ]
        for rule in result.rules {
            lines.append(
                "    \(rule.ruleID): \(rule.subjects) subjects, \(rule.verdicts) verdicts, \(rule.refused) refused")
        }
        for difference in result.differences {
            let place =
                difference.sequence.map { "sequence \($0) (\(difference.attemptID ?? ""))" } ?? "no attempt of the log"
            lines.append(
                "    first difference of \(difference.ruleID) for \(difference.subject): \(place): \(difference.what): recorded \(difference.recorded), replayed \(difference.replayed)"
            )
        }
        return lines.joined(separator: "\n")
    }
}

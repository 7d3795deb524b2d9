import ArgumentParser
import Assembly
import Days
import Events
import Exports

/// `daybook verify --export`: downloaded files, with nothing else at hand.
extension Verify {
    func verifyExports() async throws {
        let progress = VerifyProgress(isQuiet: json)
        var results: [ExportVerification] = []
        do {
            for path in export {
                results.append(
                    try await ExportCommands.verify(path, manifest: manifest) { progress.show($0, of: $1) })
            }
        } catch let error as ExportUnreadable {
            switch error {
            case .manifestMissing, .notListed: throw ValidationError("--export: \(error).")
            case .manifestDamaged: throw StartFailure("--export: \(error).")
            }
        }
        var agreement: ExportAgreement?
        if results.count == 2 {
            agreement = ExportAgreement(results[0], results[1])
            guard agreement != nil else {
                throw ValidationError(
                    "--export: two are compared when one is of attempts and one of days; these are of \(results[0].of.rawValue) and \(results[1].of.rawValue)."
                )
            }
        }
        let speed = progress.finish()
        let isOK = results.allSatisfy(\.isOK) && agreement?.isOK ?? true
        if json {
            let documents = results.map { Self.document($0, speed) }
            print((agreement.map { Self.document($0, documents, isOK: isOK) } ?? documents[0]).text)
        } else {
            for result in results { print(Self.describe(result)) }
            if let agreement { print(Self.describe(agreement)) }
            print("\(speed.text). " + (isOK ? "Everything agrees." : "Something does not agree: see above."))
        }
        if !isOK { throw ExitCode.failure }
    }

    private static func document(
        _ agreement: ExportAgreement, _ exports: [CanonicalJSON], isOK: Bool
    ) -> CanonicalJSON {
        .object([
            "ok": .boolean(isOK), "exports": .array(exports), "days_compared": .integer(Int64(agreement.days)),
            "comparisons": json(agreement.comparisons),
            "not_verified": .array(agreement.notVerified.map { .string($0) }),
        ])
    }

    private static func json(_ comparisons: [ExportVerification.Comparison]) -> CanonicalJSON {
        .array(
            comparisons.map { one in
                .object([
                    "name": .string(one.name), "expected": .string(one.expected), "actual": .string(one.actual),
                    "ok": .boolean(one.isOK),
                ])
            })
    }

    private static func describe(_ agreement: ExportAgreement) -> String {
        var lines = [
            "days against attempts  \(agreement.days) closed \(agreement.days == 1 ? "day" : "days")  \(agreement.isOK ? "ok" : "WRONG")"
        ]
        for failure in agreement.failures.prefix(20) {
            lines.append("    \(failure.name): the days say \(failure.expected), the attempts \(failure.actual)")
        }
        for skipped in agreement.notVerified { lines.append("    not verified: \(skipped)") }
        return lines.joined(separator: "\n")
    }

    private static func document(_ result: ExportVerification, _ speed: VerifyProgress.Speed) -> CanonicalJSON {
        let members: [String: CanonicalJSON] = [
            "ok": .boolean(result.isOK), "export_id": .string(result.exportID),
            "project_id": .string(result.projectID.text), "of": .string(result.of.rawValue),
            "format": .string(result.format.rawValue), "rows": .integer(result.rows),
            "seconds": .decimal(speed.secondsText), "rows_per_second": .integer(speed.rowsPerSecond),
            "manifest_sha256": .string(result.manifestSHA256), "comparisons": json(result.comparisons),
            "first_wrong_row": result.firstWrongRow.map(json) ?? .null, "chain": result.chain.map(json) ?? .null,
            "not_verified": .array(result.notVerified.map { .string($0) }),
        ]
        return .object(members)
    }

    private static func number(_ value: Int64?) -> CanonicalJSON { value.map { .integer($0) } ?? .null }

    private static func json(_ row: ExportVerification.WrongRow) -> CanonicalJSON {
        .object([
            "file": .string(row.file), "row": .integer(row.row), "line": number(row.line.map { Int64($0) }),
            "sequence": number(row.sequence), "attempt_id": .optional(row.attemptID), "reason": .string(row.reason),
        ])
    }

    private static func json(_ chain: ExportVerification.Chain) -> CanonicalJSON {
        .object([
            "first_sequence": number(chain.firstSequence), "last_sequence": number(chain.lastSequence),
            "linked_rows": .integer(chain.linkedRows), "complete": .boolean(chain.isComplete),
        ])
    }

    private static func describe(_ result: ExportVerification) -> String {
        var lines = [
            "\(result.exportID)  \(result.projectID)  \(result.of.rawValue) as \(result.format.rawValue)  \(result.rows) rows  \(result.isOK ? "ok" : "WRONG")"
        ]
        if let chain = result.chain, let first = chain.firstSequence, let last = chain.lastSequence {
            lines.append(
                "    sequences \(first) to \(last), \(chain.linkedRows) rows linked to the one before"
                    + (chain.isComplete ? ", none missing between them" : ""))
        }
        if let row = result.firstWrongRow {
            let place = row.line.map { "line \($0)" } ?? "row \(row.row)"
            let name = row.sequence.map { ", sequence \($0)" } ?? ""
            lines.append("    first wrong row: \(row.file), \(place)\(name): \(row.reason)")
        }
        for failure in result.failures {
            lines.append("    \(failure.name): the manifest says \(failure.expected), found \(failure.actual)")
        }
        for skipped in result.notVerified { lines.append("    not verified: \(skipped)") }
        lines.append("    manifest.json has the SHA-256 \(result.manifestSHA256)")
        return lines.joined(separator: "\n")
    }
}

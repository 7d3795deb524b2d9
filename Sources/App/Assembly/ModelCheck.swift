internal import Events
internal import HTTPServer
internal import Ports
internal import Synchronization

/// Whether the language model could be asked now, for `/v1/system`: asks its server for its models, at most once in
/// `lifetime`, and never for longer than `timeout`.
final class ModelCheck: Sendable {
    private let model: (any LanguageModel)?
    private let clock: any Clock
    private let last = Mutex<(at: Duration, part: SystemFacts.Part)?>(nil)

    static let lifetime = Duration.seconds(15)
    static let timeout = Duration.seconds(2)

    init(model: (any LanguageModel)?, clock: any Clock) {
        self.model = model
        self.clock = clock
    }

    func part() async -> SystemFacts.Part {
        guard let model else {
            return SystemFacts.Part(ok: false, detail: "none: reports are written by fixed rules")
        }
        let now = clock.monotonic
        if let known = last.withLock({ $0 }), now - known.at < Self.lifetime { return known.part }
        let part: SystemFacts.Part
        do throws(ModelError) {
            try await model.check(timeout: Self.timeout)
            part = SystemFacts.Part(ok: true, detail: "\(model.name) answers")
        } catch {
            part = SystemFacts.Part(
                ok: false, detail: "\(model.name): \(Self.sentence(for: error)). Reports are written by fixed rules.")
        }
        last.withLock { $0 = (now, part) }
        return part
    }

    private static func sentence(for error: ModelError) -> String {
        switch error {
        case .unreachable(let address, let detail): "nobody answers at \(address) (\(detail))"
        case .timeout(let seconds): "no answer within \(seconds) s"
        case .modelMissing(_, let hint): "its server does not have it. \(hint)"
        case .refused(let status, let detail): "its server answered \(status): \(detail)"
        case .malformed(let detail): "its server does not speak the protocol: \(detail)"
        case .answerTooLarge: "its server's list of models is too long"
        }
    }
}

package import Ports

extension FallbackReason {
    /// What a model's failure means for a person.
    package init(_ error: ModelError, setupHint: String) {
        switch error {
        case .unreachable(let address, let detail):
            self.init(
                reason: "model_unreachable", detail: "no model server answers at \(address)", observation: detail,
                hint: setupHint, names: [address])
        case .timeout(let seconds):
            self.init(
                reason: "model_timeout", detail: "the model did not answer within \(Int(seconds.rounded())) seconds",
                hint:
                    "Use a smaller model or a faster machine, or raise the analysis deadline; then ask for a new version of the report.",
                figures: [Int(seconds.rounded())])
        case .modelMissing(let model, let hint):
            self.init(
                reason: "model_missing", detail: "the model server has no model \(model)", hint: hint, names: [model])
        case .refused(let status, let detail):
            self.init(
                reason: "model_refused", detail: "the model server answered with status \(status)",
                observation: detail,
                hint: status == 401 || status == 403
                    ? "Check the model server's API key in the settings."
                    : "Look at the model server's own log; then ask for a new version of the report.",
                figures: [status])
        case .malformed(let detail):
            self.init(
                reason: "model_malformed", detail: "the model server's answer does not follow its protocol",
                observation: detail,
                hint: "Check that the configured address is that of an Ollama or OpenAI-compatible server.")
        case .answerTooLarge(let bytes):
            self.init(
                reason: "answer_too_large", detail: "the model's answer exceeded \(bytes) bytes",
                hint: "Use a model that follows the answer's schema, or limit its output.", figures: [bytes])
        }
    }

    /// What is wrong with an answer.
    package init(_ fault: AnswerFault) {
        let hint =
            "Small models often fail here: use a larger one (llama3.1:8b is known to work), then ask for a new version of the report."
        switch fault {
        case .truncated:
            self.init(
                reason: "answer_truncated", detail: "the model's answer was cut at the token limit", hint: hint)
        case .tooLarge(let bytes):
            self.init(
                reason: "answer_too_large", detail: "the model's answer has \(bytes) bytes", hint: hint,
                figures: [bytes])
        case .notJSON(let detail):
            self.init(
                reason: "answer_not_json", detail: "the model did not answer with JSON", observation: detail, hint: hint
            )
        case .invalid(let path, let reason):
            self.init(
                reason: "answer_invalid",
                detail:
                    "the model's answer did not follow the required structure\(path.isEmpty ? "" : " (\(path))")",
                observation: path.isEmpty ? reason : "\(path) is \(reason)", hint: hint,
                names: path.isEmpty ? [] : [path])
        }
    }
}

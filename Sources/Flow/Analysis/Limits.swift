/// Every bound of this module, with its unit.
package enum AnalysisLimits {
    /// Bytes of system and user message together: about 4,000 tokens, so that a context of 8,192 also holds the answer.
    package static let promptBytesMax = 12_000
    /// Bytes of a text from a submitter in a prompt, before escaping.
    package static let promptTextBytesMax = 48
    /// Tokens that the model may write.
    package static let outputTokensMax = 1_600
    /// Bytes of a model's answer that are kept and parsed.
    package static let answerBytesMax = 64 * 1024
    /// Seconds for one report, all tries together.
    package static let deadlineSeconds = 120
    /// Times that the model is asked for one report: again when its answer could not be used.
    package static let triesMax = 2

    // The five parts, in characters and items. The schema, the check of answers and the fallback obey the same ones.
    package static let summaryLengthMax = 900
    /// A shorter summary says nothing.
    package static let summaryLengthMin = 20
    package static let statementLengthMax = 400
    package static let statementsMax = 8
    package static let signalsMax = 8
    package static let titleLengthMax = 140
    package static let evidenceLengthMax = 500
    package static let scopeLengthMax = 900

    /// Bytes of what was observed at a failed try that its entry in the log keeps.
    package static let observationBytesMax = 1_000
    /// Between two looks whether another request still writes the day's report.
    package static let turnPause = Duration.milliseconds(250)

    /// Figures listed by the grounding check.
    package static let figuresMax = 400
}

package import Events

/// One valid event's fields, in place on the parser's tape: nothing is copied, and nothing outlives the decoder's next item.
/// Absent texts are empty, absent numbers 0, except where a comment says otherwise.
package struct EventView {
    package typealias Text = UnsafeBufferPointer<UInt8>
    @inline(__always) static var none: Text { UnsafeBufferPointer(start: nil, count: 0) }

    package internal(set) var eventID: Text = none
    package internal(set) var type: Text = none
    package internal(set) var time = Timestamp(microseconds: 0)
    package internal(set) var source: Text = none
    package internal(set) var channel: Text = none
    package internal(set) var userID: Text = none
    package internal(set) var sessionID: Text = none
    package internal(set) var leadID: Text = none
    package internal(set) var traceID: Text = none
    package internal(set) var spanID: Text = none
    package internal(set) var parentSpanID: Text = none
    package internal(set) var outcome: Outcome?
    package internal(set) var errorCategory: FailureCategory?
    package internal(set) var errorCode: Text = none
    package internal(set) var errorMessage: Text = none
    /// An object.
    package internal(set) var errorContext: JSONValue?
    package internal(set) var retryAttempt: Int64 = 0
    package internal(set) var retryMax: Int64 = 0
    /// NaN when absent.
    package internal(set) var durationMilliseconds = Double.nan
    package internal(set) var modelProvider: Text = none
    package internal(set) var modelName: Text = none
    /// An object.
    package internal(set) var modelParameters: JSONValue?
    /// As sent: input includes cached tokens, output includes reasoning (OpenTelemetry GenAI semantic conventions).
    package internal(set) var inputTokens: Int64 = 0
    package internal(set) var cacheReadTokens: Int64 = 0
    package internal(set) var cacheWriteTokens: Int64 = 0
    package internal(set) var outputTokens: Int64 = 0
    package internal(set) var reasoningTokens: Int64 = 0
    package internal(set) var promptName: Text = none
    package internal(set) var promptVersion: Text = none
    package internal(set) var input: JSONValue?
    package internal(set) var output: JSONValue?
    package internal(set) var toolName: Text = none
    package internal(set) var toolArguments: JSONValue?
    package internal(set) var toolResult: JSONValue?
    package internal(set) var funnelName: Text = none
    package internal(set) var funnelStep: Text = none
    package internal(set) var funnelPosition: Int64 = 0
    /// An object of scalars.
    package internal(set) var attributes: JSONValue?
}

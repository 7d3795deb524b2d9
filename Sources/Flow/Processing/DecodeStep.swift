internal import Events
internal import Ports
internal import Wire

/// Items → rows, with the decoder that intake used. What does not decode, and everything of a project that nobody knows, is
/// quarantined whole.
struct DecodeStep: ProcessingStep {
    static let name = "decode"
    private let decoder = EventDecoder()

    mutating func run(on batch: inout ProcessingBatch) {
        for index in batch.sources.indices {
            let source = batch.sources[index]
            let first = batch.columns.count
            decode(source, index: index, into: &batch)
            batch.sources[index].rows = first..<batch.columns.count
        }
    }

    private func decode(_ source: ProcessingBatch.Source, index: Int, into batch: inout ProcessingBatch) {
        let frame = source.stored.frame
        var project = frame.projectID.text
        frame.items.withUnsafeBufferPointer { bytes in
            project.withUTF8 { project in
                var at = 0
                for item in 0..<frame.itemCount {
                    guard let range = Self.item(at: &at, in: bytes) else {
                        // The frame's own length fields are wrong although its checksum was right: keep the rest as it is.
                        return quarantine(
                            source, index, item, Array(bytes[min(at, bytes.count)...]), "frame_damaged",
                            "The frame says it holds \(frame.itemCount) items, but ends in item \(item + 1).", &batch,
                            items: Int64(frame.itemCount - item))
                    }
                    let text = UnsafeBufferPointer(rebasing: bytes[range])
                    guard source.isProjectKnown else {
                        quarantine(
                            source, index, item, Array(text), "project_unknown",
                            "No project \(frame.projectID) is known; create it and replay.", &batch)
                        continue
                    }
                    let isPadded = range.upperBound + JSONParser.padding <= bytes.count
                    do throws(EventRejection) {
                        try decoder.decode(text, isPadded: isPadded, receivedAt: frame.receivedAt) { view in
                            batch.columns.append(view, project: project, source: source.stored)
                        }
                    } catch {
                        quarantine(source, index, item, Array(text), error.code.rawValue, error.message, &batch)
                    }
                }
            }
        }
    }

    /// The next item's range behind its 32-bit little-endian length; nil when the bytes end too early.
    static func item(at position: inout Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard position + 4 <= bytes.count else { return nil }
        let length = Int(
            UInt32(littleEndian: UnsafeRawPointer(bytes.baseAddress! + position).loadUnaligned(as: UInt32.self)))
        guard position + 4 + length <= bytes.count else { return nil }
        defer { position += 4 + length }
        return position + 4..<position + 4 + length
    }

    private func quarantine(
        _ source: ProcessingBatch.Source, _ index: Int, _ item: Int, _ bytes: [UInt8], _ code: String,
        _ message: String,
        _ batch: inout ProcessingBatch, items: Int64 = 1
    ) {
        batch.sources[index].quarantinedCodes[code, default: 0] += items
        batch.quarantined.append(
            QuarantinedItem(
                projectID: source.stored.frame.projectID, receivedAt: source.stored.frame.receivedAt,
                logicalDate: source.date,
                streamOffset: source.stored.offset, itemIndex: item, code: code, message: message, bytes: bytes))
    }
}

extension EventColumns {
    /// Appends one event's fields. Token buckets become disjoint: input without cached, output without reasoning. The
    /// columns of later steps (date, retry outcome, model key, cost, event key) are left to them.
    fileprivate mutating func append(
        _ view: borrowing EventView, project: UnsafeBufferPointer<UInt8>, source: StoredFrame
    ) {
        projectID.append(project)
        eventID.append(view.eventID)
        type.append(view.type)
        time.append(view.time)
        receivedAt.append(source.frame.receivedAt)
        streamOffset.append(source.offset)
        self.source.append(view.source)
        channel.append(view.channel)
        userID.append(view.userID)
        sessionID.append(view.sessionID)
        leadID.append(view.leadID)
        traceID.append(view.traceID)
        spanID.append(view.spanID)
        parentSpanID.append(view.parentSpanID)
        append(view.outcome?.rawValue, to: \.outcome)
        append(view.errorCategory?.rawValue, to: \.errorCategory)
        errorCode.append(view.errorCode)
        errorMessage.append(view.errorMessage)
        append(view.errorContext, to: \.errorContext)
        retryAttempt.append(Int32(clamping: view.retryAttempt))
        retryMax.append(Int32(clamping: view.retryMax))
        durationMilliseconds.append(view.durationMilliseconds)
        modelProvider.append(view.modelProvider)
        modelName.append(view.modelName)
        inputTokens.append(max(0, view.inputTokens - view.cacheReadTokens - view.cacheWriteTokens))
        cacheReadTokens.append(view.cacheReadTokens)
        cacheWriteTokens.append(view.cacheWriteTokens)
        outputTokens.append(max(0, view.outputTokens - view.reasoningTokens))
        reasoningTokens.append(view.reasoningTokens)
        promptName.append(view.promptName)
        promptVersion.append(view.promptVersion)
        toolName.append(view.toolName)
        funnelName.append(view.funnelName)
        funnelStep.append(view.funnelStep)
        funnelPosition.append(Int32(clamping: view.funnelPosition))
        append(view.attributes, to: \.attributes)
        append(view.input, to: \.input)
        append(view.output, to: \.output)
        append(view.toolArguments, to: \.toolArguments)
        append(view.toolResult, to: \.toolResult)
        append(view.modelParameters, to: \.modelParameters)
        count += 1
    }

    private mutating func append(_ value: JSONValue?, to column: WritableKeyPath<EventColumns, TextColumn>) {
        guard let value else { return self[keyPath: column].appendEmpty() }
        self[keyPath: column].append(writing: { value.write(to: &$0) })
    }

    private mutating func append(_ text: String?, to column: WritableKeyPath<EventColumns, TextColumn>) {
        guard let text else { return self[keyPath: column].appendEmpty() }
        self[keyPath: column].append(text)
    }
}

import Events
import Ports

/// One event of a test batch; what is not said has a plain value.
struct TestEvent {
    var project = "prj_a"
    var id: String
    var type = "lead.submission"
    var time: Timestamp
    var source = "web_form"
    var channel = "organic"
    var userID = ""
    var sessionID = ""
    var traceID = ""
    var spanID = ""
    var parentSpanID = ""
    var leadID = ""
    var promptName = ""
    var promptVersion = ""
    var outcome = "success"
    var category = ""
    var code = ""
    var duration: Double = .nan
    var model = ""
    var inputTokens: Int64 = 0
    var cacheReadTokens: Int64 = 0
    var outputTokens: Int64 = 0
    var reasoningTokens: Int64 = 0
    var cost: Int64 = 0
    var step = ""
    var position: Int32 = 0
    var input = ""
    var attributes = ""
    /// When it was received; with its own time when nil.
    var received: Timestamp?

    var date: LogicalDate { DayCalendar.utc.date(at: received ?? time) }
    var retryOutcome: String { outcome == "success" ? "first_try" : outcome.isEmpty ? "" : "pending" }
    var prompt: String { promptVersion.isEmpty ? promptName : "\(promptName)@\(promptVersion)" }
}

/// The batch of these events as the processor would hand it over: balanced books, one stream frame.
func testBatch(
    _ events: [TestEvent], offset: Int64, quarantined: [QuarantinedItem] = [], isRelayed: Bool = false
)
    -> EventStoreBatch
{
    var columns = EventColumns()
    var books: [BooksKey: BooksDelta] = [:]
    for event in events {
        let date = event.date
        columns.count += 1
        columns.projectID.append(event.project)
        columns.eventID.append(event.id)
        columns.eventKey.append(testKey(event))
        columns.type.append(event.type)
        columns.time.append(event.time)
        columns.receivedAt.append((event.received ?? event.time) + .milliseconds(20))
        columns.logicalDate.append(date)
        columns.streamOffset.append(StreamOffset(offset))
        columns.source.append(event.source)
        columns.channel.append(event.channel)
        columns.userID.append(event.userID)
        columns.sessionID.append(event.sessionID)
        columns.leadID.append(event.leadID)
        columns.traceID.append(event.traceID)
        columns.spanID.append(event.spanID)
        columns.parentSpanID.append(event.parentSpanID)
        columns.outcome.append(event.outcome)
        columns.errorCategory.append(event.category)
        columns.errorCode.append(event.code)
        columns.errorMessage.append(event.code.isEmpty ? "" : "it failed with \(event.code)")
        columns.errorContext.appendEmpty()
        columns.retryAttempt.append(1)
        columns.retryMax.append(3)
        columns.retryOutcome.append(event.retryOutcome)
        columns.durationMilliseconds.append(event.duration)
        columns.modelProvider.appendEmpty()
        columns.modelName.append(event.model)
        columns.modelKey.append(event.model)
        columns.inputTokens.append(event.inputTokens)
        columns.cacheReadTokens.append(event.cacheReadTokens)
        columns.cacheWriteTokens.append(0)
        columns.outputTokens.append(event.outputTokens)
        columns.reasoningTokens.append(event.reasoningTokens)
        columns.costMicroUSD.append(event.cost)
        columns.promptName.append(event.promptName)
        columns.promptVersion.append(event.promptVersion)
        columns.toolName.appendEmpty()
        columns.funnelName.append(event.step.isEmpty ? "" : Funnel.mortgageRefinance)
        columns.funnelStep.append(event.step)
        columns.funnelPosition.append(event.position)
        columns.attributes.append(event.attributes)
        columns.input.append(event.input)
        columns.output.appendEmpty()
        columns.toolArguments.appendEmpty()
        columns.toolResult.appendEmpty()
        columns.modelParameters.appendEmpty()
        var delta = BooksDelta()
        delta.received = 1
        delta.stored = 1
        books[BooksKey(projectID: ProjectID(trusted: event.project), date: date), default: BooksDelta()] += delta
    }
    for item in quarantined {
        var delta = BooksDelta()
        delta.received = 1
        delta.quarantined[item.code] = 1
        books[BooksKey(projectID: item.projectID, date: item.logicalDate), default: BooksDelta()] += delta
    }
    return EventStoreBatch(
        columns: columns, books: books, quarantined: quarantined, relayed: isRelayed ? [StreamOffset(offset)] : [],
        nextOffset: StreamOffset(offset + 1))
}

func testKey(_ event: TestEvent) -> UInt64 {
    let project = Array(event.project.utf8)
    let id = Array(event.id.utf8)
    return project.withUnsafeBufferPointer { project in
        id.withUnsafeBufferPointer { EventKey.key(project: project, event: $0, time: event.time) }
    }
}

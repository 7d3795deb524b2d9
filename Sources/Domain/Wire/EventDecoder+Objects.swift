internal import Events

/// The schema's nested objects. Each knows its members by a bit, so that a repeated or unknown one is refused.
extension EventDecoder {
    func readError(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/error").members
        var seen = MemberSet("/error")
        while let (key, value) = members.next() {
            if Byte.equal(key, "category") {
                try seen.insert(0, key)
                view.errorCategory = try FieldRules.category(value)
            } else if Byte.equal(key, "code") {
                try seen.insert(1, key)
                if value.kind == .null { continue }
                view.errorCode = try FieldRules.text(value, EventLimits.labelBytesMax, "/error/code")
            } else if Byte.equal(key, "message") {
                try seen.insert(2, key)
                if value.kind == .null { continue }
                view.errorMessage = try FieldRules.text(value, EventLimits.errorMessageBytesMax, "/error/message")
            } else if Byte.equal(key, "context") {
                try seen.insert(3, key)
                if value.kind == .null { continue }
                view.errorContext = try FieldRules.object(value, "/error/context")
            } else {
                throw seen.unknown(key)
            }
        }
        guard seen.contains(0) else {
            throw EventRejection(
                .fieldMissing, "/error/category", "category is required: one word of the failure taxonomy.")
        }
    }

    func readRetry(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/retry").members
        var seen = MemberSet("/retry")
        while let (key, value) = members.next() {
            if Byte.equal(key, "attempt") {
                try seen.insert(0, key)
                view.retryAttempt = try FieldRules.integer(value, 1...EventLimits.retryAttemptMax, "/retry/attempt")
            } else if Byte.equal(key, "max") {
                try seen.insert(1, key)
                if value.kind == .null { continue }
                view.retryMax = try FieldRules.integer(value, 1...EventLimits.retryAttemptMax, "/retry/max")
            } else {
                throw seen.unknown(key)
            }
        }
        guard seen.contains(0) else {
            throw EventRejection(.fieldMissing, "/retry/attempt", "attempt is required: 1 for the first try.")
        }
        if view.retryMax > 0, view.retryAttempt > view.retryMax {
            throw EventRejection(.fieldRange, "/retry/attempt", "attempt must not be larger than max.")
        }
    }

    func readModel(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/model").members
        var seen = MemberSet("/model")
        while let (key, value) = members.next() {
            if Byte.equal(key, "name") {
                try seen.insert(0, key)
                view.modelName = try FieldRules.name(value, "/model/name")
            } else if Byte.equal(key, "provider") {
                try seen.insert(1, key)
                if value.kind == .null { continue }
                view.modelProvider = try FieldRules.text(value, EventLimits.labelBytesMax, "/model/provider")
            } else if Byte.equal(key, "parameters") {
                try seen.insert(2, key)
                if value.kind == .null { continue }
                view.modelParameters = try FieldRules.object(value, "/model/parameters")
            } else {
                throw seen.unknown(key)
            }
        }
        try seen.require(0, "name")
    }

    func readUsage(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/usage").members
        var seen = MemberSet("/usage")
        let range = 0...EventLimits.tokensMax
        while let (key, value) = members.next() {
            if Byte.equal(key, "input_tokens") {
                try seen.insert(0, key)
                if value.kind == .null { continue }
                view.inputTokens = try FieldRules.integer(value, range, "/usage/input_tokens")
            } else if Byte.equal(key, "output_tokens") {
                try seen.insert(1, key)
                if value.kind == .null { continue }
                view.outputTokens = try FieldRules.integer(value, range, "/usage/output_tokens")
            } else if Byte.equal(key, "cache_read_tokens") {
                try seen.insert(2, key)
                if value.kind == .null { continue }
                view.cacheReadTokens = try FieldRules.integer(value, range, "/usage/cache_read_tokens")
            } else if Byte.equal(key, "cache_write_tokens") {
                try seen.insert(3, key)
                if value.kind == .null { continue }
                view.cacheWriteTokens = try FieldRules.integer(value, range, "/usage/cache_write_tokens")
            } else if Byte.equal(key, "reasoning_tokens") {
                try seen.insert(4, key)
                if value.kind == .null { continue }
                view.reasoningTokens = try FieldRules.integer(value, range, "/usage/reasoning_tokens")
            } else {
                throw seen.unknown(key)
            }
        }
        if view.cacheReadTokens + view.cacheWriteTokens > view.inputTokens {
            throw EventRejection(
                .fieldRange, "/usage/input_tokens",
                "input_tokens includes cached tokens: it must be at least their sum.")
        }
        if view.reasoningTokens > view.outputTokens {
            throw EventRejection(
                .fieldRange, "/usage/output_tokens",
                "output_tokens includes reasoning: it must be at least reasoning_tokens.")
        }
    }

    func readPrompt(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/prompt").members
        var seen = MemberSet("/prompt")
        while let (key, value) = members.next() {
            if Byte.equal(key, "name") {
                try seen.insert(0, key)
                view.promptName = try FieldRules.name(value, "/prompt/name")
            } else if Byte.equal(key, "version") {
                try seen.insert(1, key)
                if value.kind == .null { continue }
                view.promptVersion = try FieldRules.text(value, EventLimits.nameBytesMax, "/prompt/version")
            } else {
                throw seen.unknown(key)
            }
        }
        try seen.require(0, "name")
    }

    func readTool(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/tool").members
        var seen = MemberSet("/tool")
        while let (key, value) = members.next() {
            if Byte.equal(key, "name") {
                try seen.insert(0, key)
                view.toolName = try FieldRules.name(value, "/tool/name")
            } else if Byte.equal(key, "arguments") {
                try seen.insert(1, key)
                if value.kind != .null { view.toolArguments = value }
            } else if Byte.equal(key, "result") {
                try seen.insert(2, key)
                if value.kind != .null { view.toolResult = value }
            } else {
                throw seen.unknown(key)
            }
        }
        try seen.require(0, "name")
    }

    func readFunnel(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        var members = try FieldRules.object(value, "/funnel").members
        var seen = MemberSet("/funnel")
        while let (key, value) = members.next() {
            if Byte.equal(key, "name") {
                try seen.insert(0, key)
                view.funnelName = try FieldRules.name(value, "/funnel/name")
            } else if Byte.equal(key, "step") {
                try seen.insert(1, key)
                view.funnelStep = try FieldRules.name(value, "/funnel/step")
            } else if Byte.equal(key, "position") {
                try seen.insert(2, key)
                if value.kind == .null { continue }
                view.funnelPosition = try FieldRules.integer(
                    value, 1...EventLimits.funnelPositionMax, "/funnel/position")
            } else {
                throw seen.unknown(key)
            }
        }
        try seen.require(0, "name")
        try seen.require(1, "step")
    }

    /// At most 64 keys, so comparing each with those before it is cheaper than a set.
    func readAttributes(_ value: JSONValue, into view: inout EventView) throws(EventRejection) {
        let attributes = try FieldRules.object(value, "/attributes")
        var members = attributes.members
        var count = 0
        while let (key, value) = members.next() {
            count += 1
            guard count <= EventLimits.attributesMax else {
                throw EventRejection(
                    .fieldTooMany, "/attributes",
                    "There are more than \(EventLimits.attributesMax) attributes; send fewer.")
            }
            guard !key.isEmpty, key.count <= EventLimits.attributeKeyBytesMax, !FieldRules.containsNUL(key) else {
                throw EventRejection(
                    .fieldTooLong, "/attributes/" + pointerPart(key),
                    "An attribute's key is 1 to \(EventLimits.attributeKeyBytesMax) bytes without U+0000; this one is \(key.count)."
                )
            }
            var earlier = attributes.members
            for _ in 1..<count {
                guard let (other, _) = earlier.next(), !Byte.equal(other, key) else {
                    throw EventRejection(
                        .fieldDuplicate, "/attributes/" + pointerPart(key), "The attribute appears twice; send it once."
                    )
                }
            }
            try checkAttribute(key, value)
        }
        view.attributes = count == 0 ? nil : attributes
    }

    private func checkAttribute(_ key: UnsafeBufferPointer<UInt8>, _ value: JSONValue) throws(EventRejection) {
        switch value.kind {
        case .object, .array:
            throw EventRejection(
                .fieldType, "/attributes/" + pointerPart(key),
                "An attribute is a string, number, boolean or null, not \(value.kindWords); flatten it into several keys."
            )
        case .string:
            let text = value.stringBytes!
            if text.count > EventLimits.attributeValueBytesMax {
                throw EventRejection(
                    .fieldTooLong, "/attributes/" + pointerPart(key),
                    "The text is \(text.count) bytes long; the limit is \(EventLimits.attributeValueBytesMax). Shorten it."
                )
            }
            if FieldRules.containsNUL(text) {
                throw EventRejection(
                    .fieldValue, "/attributes/" + pointerPart(key), "The text contains the character U+0000; remove it."
                )
            }
        case .integer, .unsigned, .double, .true, .false, .null: break
        }
    }
}

/// Which members of a nested object have been seen.
private struct MemberSet {
    private let pointer: StaticString
    private var seen: UInt8 = 0

    @inline(__always) init(_ pointer: StaticString) { self.pointer = pointer }

    @inline(__always)
    mutating func insert(_ member: UInt8, _ key: UnsafeBufferPointer<UInt8>) throws(EventRejection) {
        guard seen & (1 << member) == 0 else {
            throw EventRejection(
                .fieldDuplicate, "\(pointer)/" + pointerPart(key), "The field appears twice; send it once.")
        }
        seen |= 1 << member
    }

    @inline(__always) func contains(_ member: UInt8) -> Bool { seen & (1 << member) != 0 }

    func unknown(_ key: UnsafeBufferPointer<UInt8>) -> EventRejection {
        EventRejection(
            .fieldUnknown, "\(pointer)/" + pointerPart(key),
            "This field is not part of the event schema; put it into attributes, or remove it.")
    }

    func require(_ member: UInt8, _ name: String) throws(EventRejection) {
        guard contains(member) else {
            throw EventRejection(.fieldMissing, "\(pointer)/\(name)", "\(name) is required here.")
        }
    }
}

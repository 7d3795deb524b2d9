internal import Foundation

/// Encodes parts of answers about settings; keys are sorted, so that equal values give equal bytes.
enum AnswerJSONText {
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}

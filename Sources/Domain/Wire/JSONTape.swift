// Wire: bytes as they arrive: compression, JSON, items of a batch. Everything here is bounded before it allocates, and
// nothing is decoded to objects: a parsed text is a tape of numbers that callers walk in place.

internal import CJSONTape
internal import Events

/// A reusable strict JSON parser (RFC 8259, UTF-8, bounded depth). One thread at a time.
package final class JSONParser {
    /// Deepest nesting that is accepted.
    package static let depthMax = 64

    private let handle: OpaquePointer

    package init() {
        guard let handle = daybook_json_parser_create(Self.depthMax) else {
            preconditionFailure("out of memory while creating a JSON parser")
        }
        self.handle = handle
    }

    deinit { daybook_json_parser_destroy(handle) }

    /// Bytes behind the text that have to be readable for `isPadded`.
    package static var padding: Int { daybook_json_padding() }

    package enum Failure: Error, Hashable, Sendable {
        case tooDeep
        /// A number that is written well and that 64 bits do not hold.
        case unheldNumber(UnheldNumber)
        case invalid(reason: String)
    }

    /// Parses one JSON text and gives its root to `body`; the value must not leave it.
    package func parse<R>(
        _ bytes: UnsafeBufferPointer<UInt8>, isPadded: Bool = false, _ body: (JSONValue) throws(Failure) -> R
    ) throws(Failure) -> R {
        try body(root(of: bytes, isPadded: isPadded))
    }

    /// The root of one JSON text, valid until the next call with this parser. A byte order mark in front is passed over
    /// (RFC 8259 section 8.1).
    package func root(of bytes: UnsafeBufferPointer<UInt8>, isPadded: Bool = false) throws(Failure) -> JSONValue {
        guard var base = bytes.baseAddress, !bytes.isEmpty else { throw .invalid(reason: "the text is empty") }
        var count = bytes.count
        if base[0] == 0xEF, count > 3, base[1] == 0xBB, base[2] == 0xBF {
            base += 3
            count -= 3
        }
        var tape = daybook_json_tape()
        let code = base.withMemoryRebound(to: CChar.self, capacity: count) {
            daybook_json_parse(handle, $0, count, isPadded ? 1 : 0, &tape)
        }
        guard code == 0 else {
            if daybook_json_is_number_error(code) != 0, let number = UnheldNumber.first(in: bytes) {
                throw .unheldNumber(number)
            }
            let message = String(cString: daybook_json_error_message(code))
            if message.contains("too deep") { throw .tooDeep }
            throw .invalid(reason: message)
        }
        return JSONValue(tape: tape.tape, strings: tape.strings, index: 1)
    }
}

/// A value on a parser's tape: a position, not a copy. Valid until the parser parses again.
///
/// Tape layout (simdjson, `doc/tape.md`): the high 8 bits of a word are the type, the low 56 its payload; an opening
/// bracket's payload holds in its low 32 bits the index behind its closing one; integers and doubles take a second word.
package struct JSONValue {
    package enum Kind: UInt8 {
        case object = 123  // {
        case array = 91  // [
        case string = 34  // "
        case integer = 108  // l
        case unsigned = 117  // u
        case double = 100  // d
        case `true` = 116
        case `false` = 102
        case null = 110
    }

    let tape: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>
    let index: Int

    @inline(__always) package var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: tape[index] >> 56))! }
    @inline(__always) private var payload: Int { Int(tape[index] & 0x00FF_FFFF_FFFF_FFFF) }

    /// Index behind this value.
    @inline(__always) private var end: Int {
        switch kind {
        case .object, .array: payload & 0xFFFF_FFFF
        case .integer, .unsigned, .double: index + 2
        default: index + 1
        }
    }

    /// The unescaped bytes of a string; nil for anything else.
    @inline(__always) package var stringBytes: UnsafeBufferPointer<UInt8>? {
        guard kind == .string else { return nil }
        let start = strings + payload
        let length = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeBufferPointer(start: start + 4, count: Int(length))
    }
    package var string: String? { stringBytes.map { String(decoding: $0, as: UTF8.self) } }

    /// An integer that fits in 64 bits; a double only if it is whole (`3.0`).
    package var integer: Int64? {
        switch kind {
        case .integer: return Int64(bitPattern: tape[index + 1])
        case .unsigned: return Int64(exactly: tape[index + 1])
        case .double: return Int64(exactly: Double(bitPattern: tape[index + 1]))
        default: return nil
        }
    }
    package var number: Double? {
        switch kind {
        case .integer: return Double(Int64(bitPattern: tape[index + 1]))
        case .unsigned: return Double(tape[index + 1])
        case .double: return Double(bitPattern: tape[index + 1])
        default: return nil
        }
    }
    package var boolean: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// Calls `body` for each member in order, while it returns true. For anything but an object, does nothing.
    @inline(__always)
    package func forEachMember(_ body: (_ key: UnsafeBufferPointer<UInt8>, _ value: JSONValue) -> Bool) {
        guard kind == .object else { return }
        let last = end - 1
        var at = index + 1
        while at < last {
            let key = JSONValue(tape: tape, strings: strings, index: at)
            let value = JSONValue(tape: tape, strings: strings, index: at + 1)
            guard body(key.stringBytes!, value) else { return }
            at = value.end
        }
    }

    /// Calls `body` for each element in order, while it returns true. For anything but an array, does nothing.
    @inline(__always)
    package func forEachElement(_ body: (JSONValue) -> Bool) {
        guard kind == .array else { return }
        let last = end - 1
        var at = index + 1
        while at < last {
            let value = JSONValue(tape: tape, strings: strings, index: at)
            guard body(value) else { return }
            at = value.end
        }
    }

    /// Walks the members of an object one by one, for loops that may throw; empty for anything else.
    @inline(__always) package var members: Members {
        guard kind == .object else { return Members(tape: tape, strings: strings, at: 0, last: 0) }
        return Members(tape: tape, strings: strings, at: index + 1, last: end - 1)
    }

    package struct Members {
        let tape: UnsafePointer<UInt64>
        let strings: UnsafePointer<UInt8>
        var at: Int
        let last: Int

        @inline(__always)
        package mutating func next() -> (key: UnsafeBufferPointer<UInt8>, value: JSONValue)? {
            guard at < last else { return nil }
            let key = JSONValue(tape: tape, strings: strings, index: at)
            let value = JSONValue(tape: tape, strings: strings, index: at + 1)
            at = value.end
            return (key.stringBytes!, value)
        }
    }

    /// The number of members or elements; 0 for a scalar.
    package var count: Int {
        var count = 0
        forEachMember { _, _ in
            count += 1
            return true
        }
        forEachElement { _ in
            count += 1
            return true
        }
        return count
    }

    /// The first member of that name; nil when there is none or this is not an object.
    package subscript(_ name: StaticString) -> JSONValue? {
        var found: JSONValue?
        forEachMember { key, value in
            guard key.count == name.utf8CodeUnitCount,
                name.withUTF8Buffer({ key.elementsEqual($0) })
            else { return true }
            found = value
            return false
        }
        return found
    }

    /// Writes the value as compact JSON (RFC 8259): strings escaped minimally, numbers in shortest form.
    package func write(to out: inout [UInt8]) {
        switch kind {
        case .object:
            out.append(123)
            var isFirst = true
            forEachMember { key, value in
                if !isFirst { out.append(44) }
                isFirst = false
                JSONText.appendString(key, to: &out)
                out.append(58)
                value.write(to: &out)
                return true
            }
            out.append(125)
        case .array:
            out.append(91)
            var isFirst = true
            forEachElement { value in
                if !isFirst { out.append(44) }
                isFirst = false
                value.write(to: &out)
                return true
            }
            out.append(93)
        case .string: JSONText.appendString(stringBytes!, to: &out)
        case .integer: out.append(contentsOf: String(Int64(bitPattern: tape[index + 1])).utf8)
        case .unsigned: out.append(contentsOf: String(tape[index + 1]).utf8)
        case .double: JSONText.appendNumber(Double(bitPattern: tape[index + 1]), to: &out)
        case .true: out.append(contentsOf: "true".utf8)
        case .false: out.append(contentsOf: "false".utf8)
        case .null: out.append(contentsOf: "null".utf8)
        }
    }
}

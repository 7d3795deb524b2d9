internal import Events

/// Writes the text of `CanonicalJSON` member by member, without a value in between.
///
/// The caller names an object's members in the order of their bytes, each once; absent ones are left out.
struct CanonicalJSONWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func object(_ members: (inout CanonicalJSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// `name` is plain: it has nothing to escape.
    @inline(__always)
    mutating func member(_ name: StaticString, _ value: (some CanonicalJSONWritable)?) {
        guard let value else { return }
        separate(from: UInt8(ascii: "{"))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &self)
    }

    fileprivate mutating func array(_ elements: [some CanonicalJSONWritable]) {
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            separate(from: UInt8(ascii: "["))
            element.write(to: &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// A comma, unless this is the first behind the bracket: no value ends with an opening one.
    private mutating func separate(from bracket: UInt8) {
        if bytes.last != bracket { bytes.append(UInt8(ascii: ",")) }
    }

    fileprivate mutating func string(_ text: String) { JSONText.appendString(text, to: &bytes) }
    fileprivate mutating func word(_ word: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    fileprivate mutating func integer(_ number: Int64) {
        guard number < 0 || number > 9 else { return bytes.append(UInt8(48 + number)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (at, rest) = (digits.count, number.magnitude)
            repeat {
                at -= 1
                digits[at] = UInt8(48 + rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                at -= 1
                digits[at] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[at...])
        }
    }
}

/// What `CanonicalJSONWriter` writes.
protocol CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter)
}

extension Int64: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.integer(self) }
}
extension Int: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.integer(Int64(self)) }
}
extension Bool: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.word(self ? "true" : "false") }
}
extension String: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.string(self) }
}
extension ProjectID: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.string(text) }
}
extension LogicalDate: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.string(description) }
}
extension Timestamp: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.string(rfc3339()) }
}
extension Array: CanonicalJSONWritable where Element: CanonicalJSONWritable {
    func write(to out: inout CanonicalJSONWriter) { out.array(self) }
}

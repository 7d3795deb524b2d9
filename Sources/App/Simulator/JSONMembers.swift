internal import Events

/// The members of a JSON object, written in order, without its braces.
struct JSONMembers: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ name: String, _ text: String) {
        key(name)
        JSONText.appendString(text, to: &bytes)
    }
    mutating func add(_ name: String, _ number: Double) {
        key(name)
        JSONText.appendNumber(number, to: &bytes)
    }
    mutating func add(_ name: String, _ number: Int) {
        key(name)
        bytes.append(contentsOf: String(number).utf8)
    }
    mutating func add(_ name: String, _ flag: Bool) { add(name, raw: flag ? "true" : "false") }
    mutating func add(_ name: String, _ members: JSONMembers) {
        key(name)
        bytes.append(UInt8(ascii: "{"))
        bytes.append(contentsOf: members.bytes)
        bytes.append(UInt8(ascii: "}"))
    }
    /// JSON text as it is.
    mutating func add(_ name: String, raw text: String) {
        key(name)
        bytes.append(contentsOf: text.utf8)
    }

    /// The whole object.
    var object: [UInt8] { [UInt8(ascii: "{")] + bytes + [UInt8(ascii: "}")] }

    private mutating func key(_ name: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}

package import Events

/// Why one item is not an event: the code, where (JSON Pointer, RFC 6901; empty for the whole item), and a sentence that
/// names the fix.
package struct EventRejection: Error, Hashable, Sendable {
    package var code: ErrorCode
    package var pointer: String
    package var message: String

    package init(_ code: ErrorCode, _ pointer: String, _ message: String) {
        self.code = code
        self.pointer = pointer
        self.message = message
    }
}

/// A pointer's last part made from a client's key: escaped as RFC 6901 asks, and cut so that answers stay small.
func pointerPart(_ key: UnsafeBufferPointer<UInt8>) -> String {
    let shown =
        key.count > 100 ? String(decoding: key.prefix(100), as: UTF8.self) + "…" : String(decoding: key, as: UTF8.self)
    return shown.replacing("~", with: "~0").replacing("/", with: "~1")
}

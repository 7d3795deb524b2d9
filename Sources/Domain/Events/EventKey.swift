internal import CXXHash

/// A 64-bit key of an event's identity `(project_id, event_id, time)`, for finding candidates of duplicates quickly.
/// Equal identities have equal keys; equal keys are only candidates: whoever drops a row compares the identity itself.
/// XXH3 (Collet, xxHash specification), seed 0, over project id, NUL, event id, and the time as seed.
package enum EventKey {
    package static func key(
        project: UnsafeBufferPointer<UInt8>, event: UnsafeBufferPointer<UInt8>, time: Timestamp
    ) -> UInt64 {
        let projectHash = XXH3_64bits(project.baseAddress, project.count)
        let mixed = projectHash ^ (UInt64(bitPattern: time.microseconds) &* 0x9E37_79B9_7F4A_7C15)
        return XXH3_64bits_withSeed(event.baseAddress, event.count, mixed)
    }

    /// The key of `(project_id, event_id)` without the time: what a repeated id is recognised by.
    package static func identifierKey(project: UnsafeBufferPointer<UInt8>, event: UnsafeBufferPointer<UInt8>) -> UInt64
    {
        XXH3_64bits_withSeed(event.baseAddress, event.count, XXH3_64bits(project.baseAddress, project.count))
    }
}

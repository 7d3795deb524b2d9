/// What a `Range` header asks for of a file (RFC 9110, section 14): one range of bytes, or everything.
enum ByteRange: Hashable {
    case whole
    /// Non-empty, inside the file.
    case part(Range<Int64>)
    case unsatisfiable

    /// A header that cannot be understood, another unit and several ranges are ignored, as section 14.2 allows.
    init(_ header: String?, size: Int64) {
        self = .whole
        guard let header, header.hasPrefix("bytes=") else { return }
        let halves = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2,
            halves.allSatisfy({ $0.utf8.count <= 18 && $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return }
        switch (Int64(halves[0]), Int64(halves[1])) {
        case (nil, nil): return
        case (nil, let suffix?):
            self = suffix > 0 && size > 0 ? .part(max(0, size - suffix)..<size) : .unsatisfiable
        case (let first?, let last):
            if let last, last < first { return }
            let end = min(size, last.map { $0 + 1 } ?? size)
            self = first < size ? .part(first..<end) : .unsatisfiable
        }
    }
}

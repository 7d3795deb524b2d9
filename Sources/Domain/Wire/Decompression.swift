package import Events

/// How a body is compressed: `Content-Encoding`, RFC 9110 section 8.4.
package enum BodyEncoding: String, Sendable, CaseIterable {
    case identity, gzip, zstd

    /// Nil for an encoding, or a stack of encodings, that is not served. An absent header means identity.
    package init?(header: String?) {
        guard let header else {
            self = .identity
            return
        }
        switch header.lowercased().filter({ $0 != " " && $0 != "\t" }) {
        case "", "identity": self = .identity
        case "gzip", "x-gzip": self = .gzip
        case "zstd": self = .zstd
        default: return nil
        }
    }

    /// The encoding that the header names. Throws `encoding_unsupported` for one that is not served.
    package static func named(_ header: String?) throws(Problem) -> BodyEncoding {
        guard let encoding = BodyEncoding(header: header) else {
            throw Problem(
                .encodingUnsupported,
                "Content-Encoding '\((header ?? "").prefix(40))' is not supported; use gzip, zstd or none.")
        }
        return encoding
    }

    /// What a file that begins with these bytes is compressed with.
    package init(beginning bytes: some Sequence<UInt8>) {
        let first = Array(bytes.prefix(4))
        if first.starts(with: [0x1F, 0x8B]) {
            self = .gzip  // RFC 1952 section 2.3.1
        } else if first == [0x28, 0xB5, 0x2F, 0xFD] {
            self = .zstd  // RFC 8878 section 3.1.1
        } else {
            self = .identity
        }
    }
}

package enum DecompressionFailure: Error, Hashable, Sendable {
    /// The bytes end before the compressed data does.
    case truncated
    /// The bytes are not what the encoding says, or fail its checksum.
    case damaged(detail: String)
    /// The result would be larger than `limit` bytes.
    case tooLarge(limit: Int)

    /// What a client is told whose body it is.
    package func problem(_ encoding: BodyEncoding) -> Problem {
        switch self {
        case .truncated:
            Problem(
                .bodyEncodingInvalid,
                "The \(encoding.rawValue) body ends too early; send it whole, with its final checksum.")
        case .damaged(let detail):
            Problem(.bodyEncodingInvalid, "The body is not valid \(encoding.rawValue): \(detail). Compress it again.")
        case .tooLarge(let limit):
            Problem(
                .bodyExpandsTooLarge, "The body is larger than \(limit >> 20) MiB once decompressed; divide it.")
        }
    }
}

package enum Decompression {
    /// The bytes decompressed, never holding more than `limit` of them.
    ///
    /// gzip (RFC 1952) may have several members, zstd (RFC 8878) several frames; checksums are verified, and anything
    /// behind the last member or frame is damage.
    package static func decompress(
        _ bytes: UnsafeBufferPointer<UInt8>, _ encoding: BodyEncoding, limit: Int = WireLimits.decompressedBytesMax
    ) throws(DecompressionFailure) -> PaddedBytes {
        guard let stream = try encoding.stream() else {
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
            return PaddedBytes(copying: UnsafeRawBufferPointer(bytes))
        }
        guard !bytes.isEmpty else { throw .truncated }
        // One byte beyond the limit, so that reaching it proves that the result is too large.
        let out = PaddedBytes.Storage(capacity: min(limit + 1, max(4096, bytes.count * 5)))
        var input = bytes
        while true {
            if out.count == out.capacity { out.grow(to: limit + 1) }
            let room = out.capacity - out.count
            let written = try stream.step(&input, into: out.base + out.count, room: room)
            out.count += written
            guard out.count <= limit else { throw .tooLarge(limit: limit) }
            guard input.isEmpty else { continue }
            if stream.isAtEnd { return PaddedBytes(out) }
            // With room to spare nothing is left to be written: it waits for bytes that do not come.
            if written < room { throw .truncated }
        }
    }
}

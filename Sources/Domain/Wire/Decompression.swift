internal import CZlib
internal import CZstd

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
}

package enum DecompressionFailure: Error, Hashable, Sendable {
    /// The bytes end before the compressed data does.
    case truncated
    /// The bytes are not what the encoding says, or fail its checksum.
    case damaged(detail: String)
    /// The result would be larger than `limit` bytes.
    case tooLarge(limit: Int)
}

package enum Decompression {
    /// The bytes decompressed, never holding more than `limit` of them.
    ///
    /// gzip (RFC 1952) may have several members, zstd (RFC 8878) several frames; checksums are verified, and anything
    /// behind the last member or frame is damage.
    package static func decompress(
        _ bytes: UnsafeBufferPointer<UInt8>, _ encoding: BodyEncoding, limit: Int = WireLimits.decompressedBytesMax
    ) throws(DecompressionFailure) -> PaddedBytes {
        switch encoding {
        case .identity:
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
            return PaddedBytes(copying: UnsafeRawBufferPointer(bytes))
        case .gzip: return try inflateMembers(bytes, limit: limit)
        case .zstd: return try decompressFrames(bytes, limit: limit)
        }
    }

    private static func output(for compressed: Int, limit: Int) -> PaddedBytes.Storage {
        // One byte beyond the limit, so that reaching it proves that the result is too large.
        PaddedBytes.Storage(capacity: min(limit + 1, max(4096, compressed * 5)))
    }

    private static func inflateMembers(
        _ bytes: UnsafeBufferPointer<UInt8>, limit: Int
    ) throws(DecompressionFailure) -> PaddedBytes {
        guard let input = bytes.baseAddress, !bytes.isEmpty else { throw .truncated }
        var stream = z_stream()
        // 15 is the largest window; 16 more asks for the gzip format alone.
        let started = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw .damaged(detail: "zlib could not start (\(started))") }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: input)
        stream.avail_in = UInt32(clamping: bytes.count)
        let out = output(for: bytes.count, limit: limit)
        while true {
            if out.count == out.capacity { out.grow(to: limit + 1) }
            let room = out.capacity - out.count
            stream.next_out = out.base + out.count
            stream.avail_out = UInt32(clamping: room)
            let offered = stream.avail_out
            let result = inflate(&stream, Z_NO_FLUSH)
            out.count += Int(offered - stream.avail_out)
            guard out.count <= limit else { throw .tooLarge(limit: limit) }
            switch result {
            case Z_STREAM_END:
                if stream.avail_in == 0 { return PaddedBytes(out) }
                guard inflateReset(&stream) == Z_OK else { throw .damaged(detail: "zlib could not continue") }
            case Z_OK where stream.avail_in > 0 || stream.avail_out == 0: continue
            case Z_OK, Z_BUF_ERROR: throw .truncated
            default: throw .damaged(detail: stream.msg.map { String(cString: $0) } ?? "zlib error \(result)")
            }
        }
    }

    private static func decompressFrames(
        _ bytes: UnsafeBufferPointer<UInt8>, limit: Int
    ) throws(DecompressionFailure) -> PaddedBytes {
        guard !bytes.isEmpty else { throw .truncated }
        guard let context = ZSTD_createDCtx() else { throw .damaged(detail: "zstd could not start") }
        defer { ZSTD_freeDCtx(context) }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WireLimits.zstdWindowLogMax)
        let out = output(for: bytes.count, limit: limit)
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            if out.count == out.capacity { out.grow(to: limit + 1) }
            var window = ZSTD_outBuffer(dst: out.base + out.count, size: out.capacity - out.count, pos: 0)
            let before = input.pos
            let result = ZSTD_decompressStream(context, &window, &input)
            if ZSTD_isError(result) != 0 { throw .damaged(detail: String(cString: ZSTD_getErrorName(result))) }
            out.count += window.pos
            guard out.count <= limit else { throw .tooLarge(limit: limit) }
            if input.pos == input.size {
                if result == 0 { return PaddedBytes(out) }
                // Without a full window, zstd has nothing left to flush: it waits for bytes that do not come.
                if window.pos < window.size { throw .truncated }
            } else if input.pos == before, window.pos == 0 {
                throw .damaged(detail: "zstd made no progress")
            }
        }
    }
}

internal import CZlib
internal import CZstd

/// What is compressed, decompressed a step at a time. Its checksums are verified.
protocol CompressedStream: AnyObject {
    /// Whether the bytes may end here: behind a member or frame.
    var isAtEnd: Bool { get }

    /// Decompresses from the front of `input`, which it shortens, into at most `room` (> 0) bytes at `out`, and gives how many
    /// it wrote. When the input is used up and less than the room was filled, nothing is left to be written before more input.
    func step(
        _ input: inout UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, room: Int
    ) throws(DecompressionFailure) -> Int
}

extension BodyEncoding {
    /// Nil for `identity`.
    func stream() throws(DecompressionFailure) -> (any CompressedStream)? {
        switch self {
        case .identity: nil
        case .gzip: try GzipStream()
        case .zstd: try ZstdStream()
        }
    }
}

/// RFC 1952; several members are one text.
private final class GzipStream: CompressedStream {
    /// At a place of its own: zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var isAtEnd = false

    init() throws(DecompressionFailure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for the gzip format alone.
        let started = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw .damaged(detail: "zlib could not start (\(started))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: inout UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, room: Int
    ) throws(DecompressionFailure) -> Int {
        if isAtEnd {
            guard !input.isEmpty else { return 0 }
            guard inflateReset(stream) == Z_OK else { throw .damaged(detail: "zlib could not continue") }
            isAtEnd = false
        }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        stream.pointee.next_out = out
        stream.pointee.avail_out = UInt32(clamping: room)
        let given = (input: stream.pointee.avail_in, room: stream.pointee.avail_out)
        let result = inflate(stream, Z_NO_FLUSH)
        input = UnsafeBufferPointer(rebasing: input.dropFirst(Int(given.input - stream.pointee.avail_in)))
        switch result {
        case Z_STREAM_END: isAtEnd = true
        case Z_OK, Z_BUF_ERROR: break
        default:
            throw .damaged(detail: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
        }
        return Int(given.room - stream.pointee.avail_out)
    }
}

/// RFC 8878; several frames are one text.
private final class ZstdStream: CompressedStream {
    private let context: OpaquePointer
    private(set) var isAtEnd = false

    init() throws(DecompressionFailure) {
        guard let context = ZSTD_createDCtx() else { throw .damaged(detail: "zstd could not start") }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WireLimits.zstdWindowLogMax)
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func step(
        _ input: inout UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, room: Int
    ) throws(DecompressionFailure) -> Int {
        if isAtEnd, input.isEmpty { return 0 }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var window = ZSTD_outBuffer(dst: out, size: room, pos: 0)
        let result = ZSTD_decompressStream(context, &window, &source)
        if ZSTD_isError(result) != 0 { throw .damaged(detail: String(cString: ZSTD_getErrorName(result))) }
        if !input.isEmpty, source.pos == 0, window.pos == 0 { throw .damaged(detail: "zstd made no progress") }
        input = UnsafeBufferPointer(rebasing: input.dropFirst(source.pos))
        isAtEnd = result == 0
        return window.pos
    }
}

import CZlib
import CZstd
import Testing
import Wire

@Suite struct DecompressionTests {
    private func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 1024)
        let produced = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<produced])
    }

    private func zstd(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let produced = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
        return Array(output[..<produced])
    }

    private func expand(
        _ bytes: [UInt8], _ encoding: BodyEncoding, limit: Int = WireLimits.decompressedBytesMax
    ) -> Result<[UInt8], DecompressionFailure> {
        bytes.withUnsafeBufferPointer { bytes in
            do throws(DecompressionFailure) {
                return .success(try Decompression.decompress(bytes, encoding, limit: limit).withBytes { Array($0) })
            } catch {
                return .failure(error)
            }
        }
    }

    private let text = Array(String(repeating: Samples.call() + "\n", count: 300).utf8)

    @Test func whatWasCompressedComesBack() throws {
        #expect(try expand(text, .identity).get() == text)
        #expect(try expand(gzip(text), .gzip).get() == text)
        #expect(try expand(zstd(text), .zstd).get() == text)
        #expect(try expand(gzip([]), .gzip).get() == [])
    }

    @Test func severalMembersAreOneText() throws {
        #expect(try expand(gzip(text) + gzip(text), .gzip).get() == text + text)
        #expect(try expand(zstd(text) + zstd(text), .zstd).get() == text + text)
    }

    @Test(arguments: [BodyEncoding.gzip, .zstd])
    func everyTruncationIsSeen(_ encoding: BodyEncoding) {
        let whole = encoding == .gzip ? gzip(text) : zstd(text)
        for length in stride(from: 0, to: whole.count, by: 7) {
            let result = expand(Array(whole[..<length]), encoding)
            #expect(result == .failure(.truncated), "cut at \(length) of \(whole.count)")
        }
    }

    @Test func damageIsSeen() {
        var damaged = gzip(text)
        damaged[damaged.count - 6] ^= 0x55  // in the CRC
        guard case .failure(.damaged) = expand(damaged, .gzip) else {
            Issue.record("a wrong checksum was accepted")
            return
        }
        guard case .failure(.damaged) = expand(gzip(text) + [1, 2, 3, 4], .gzip),
            case .failure(.damaged) = expand(text, .gzip), case .failure(.damaged) = expand(text, .zstd)
        else {
            Issue.record("bytes of another format were accepted")
            return
        }
    }

    @Test func aBombStopsAtTheLimit() {
        let zeroes = [UInt8](repeating: 0, count: 70 << 20)
        let limit = WireLimits.decompressedBytesMax
        #expect(gzip(zeroes).count < 100_000)
        #expect(expand(gzip(zeroes), .gzip) == .failure(.tooLarge(limit: limit)))
        #expect(expand(zstd(zeroes), .zstd) == .failure(.tooLarge(limit: limit)))
    }

    @Test func theLimitItselfIsAllowed() throws {
        #expect(try expand(gzip(text), .gzip, limit: text.count).get() == text)
        #expect(expand(gzip(text), .gzip, limit: text.count - 1) == .failure(.tooLarge(limit: text.count - 1)))
        #expect(try expand(zstd(text), .zstd, limit: text.count).get() == text)
        #expect(expand(zstd(text), .zstd, limit: text.count - 1) == .failure(.tooLarge(limit: text.count - 1)))
    }

    /// All that a piecewise reader gives for bytes that arrive in pieces.
    private func read(
        _ bytes: [UInt8], _ encoding: BodyEncoding, pieces: Int, limit: Int = .max
    ) -> Result<[UInt8], DecompressionFailure> {
        do throws(DecompressionFailure) {
            let body = try BodyDecompressor(encoding, limit: limit)
            var out: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                body.take(bytes[start..<min(bytes.count, start + pieces)])
                while let piece = try body.next() { out += piece }
            }
            try body.finish()
            return .success(out)
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: [BodyEncoding.identity, .gzip, .zstd], [1, 100, Int(Int32.max)])
    func aBodyInPiecesIsTheSameBody(_ encoding: BodyEncoding, pieces: Int) throws {
        let large = Array((0..<700_000).map { "\($0 % 977)," }.joined().utf8)  // several pieces of output
        func compressed(_ bytes: [UInt8]) -> [UInt8] {
            encoding == .identity ? bytes : encoding == .gzip ? gzip(bytes) : zstd(bytes)
        }
        #expect(try read(compressed(text) + compressed(text), encoding, pieces: pieces).get() == text + text)
        #expect(try read(compressed(large), encoding, pieces: max(pieces, 100)).get() == large)
        #expect(try read(compressed(text), encoding, pieces: pieces, limit: text.count).get() == text)
        #expect(
            read(compressed(text), encoding, pieces: pieces, limit: text.count - 1)
                == .failure(.tooLarge(limit: text.count - 1)))
        guard encoding != .identity else { return }
        let whole = compressed(text)
        #expect(read(Array(whole.dropLast()), encoding, pieces: pieces) == .failure(.truncated))
        #expect(read([], encoding, pieces: pieces) == .failure(.truncated))
        guard case .failure(.damaged) = read(whole + [9, 9, 9, 9, 9], encoding, pieces: pieces) else {
            Issue.record("bytes behind the end were accepted")
            return
        }
    }

    @Test func firstBytesTellTheEncoding() {
        #expect(BodyEncoding(beginning: gzip(text)) == .gzip)
        #expect(BodyEncoding(beginning: zstd(text)) == .zstd)
        #expect(BodyEncoding(beginning: text) == .identity && BodyEncoding(beginning: []) == .identity)
    }

    @Test func headersName() {
        #expect(BodyEncoding(header: nil) == .identity)
        #expect(BodyEncoding(header: "GZIP") == .gzip)
        #expect(BodyEncoding(header: "zstd") == .zstd)
        #expect(BodyEncoding(header: "br") == nil)
        #expect(BodyEncoding(header: "gzip, zstd") == nil)
    }
}

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

    @Test func headersName() {
        #expect(BodyEncoding(header: nil) == .identity)
        #expect(BodyEncoding(header: "GZIP") == .gzip)
        #expect(BodyEncoding(header: "zstd") == .zstd)
        #expect(BodyEncoding(header: "br") == nil)
        #expect(BodyEncoding(header: "gzip, zstd") == nil)
    }
}

package import Events
package import Hummingbird
package import NIOCore

extension Request {
    /// The whole body, refused with `body_too_large` as soon as it is known to exceed `bytesMax`.
    package func collectedBody(bytesMax: Int) async throws -> ByteBuffer {
        let length = headers.value(.contentLength).flatMap { Int($0) } ?? 0
        guard length <= bytesMax else { throw tooLarge(bytesMax) }
        var whole = ByteBuffer()
        for try await part in bodyParts {
            guard whole.readableBytes + part.readableBytes <= bytesMax else { throw tooLarge(bytesMax) }
            if whole.readableBytes == 0 {
                whole = part
                if length > part.readableBytes {
                    whole.reserveCapacity(minimumWritableBytes: length - part.readableBytes)
                }
            } else {
                whole.writeImmutableBuffer(part)
            }
        }
        return whole
    }

    /// The body as it arrives. Throws `body_incomplete` when it ends before its announced length, or in the middle of its chunks.
    var bodyParts: BodyParts { BodyParts(body: body) }

    private func tooLarge(_ bytesMax: Int) -> Problem {
        Problem(.bodyTooLarge, "The body may have at most \(bytesMax) bytes. Split the batch, or compress it.")
    }

    /// Query parameters in order, decoded (`+` is a space). Broken escapes are refused.
    package func queryParameters() throws(Problem) -> [(name: String, value: String)] {
        guard let query = uri.query, !query.isEmpty else { return [] }
        guard query.utf8.count <= HTTPLimits.queryBytesMax else {
            throw Problem(.parameterInvalid, "The query string may have at most \(HTTPLimits.queryBytesMax) bytes.")
        }
        var pairs: [(name: String, value: String)] = []
        for part in query.split(separator: "&", omittingEmptySubsequences: true) {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = String(halves[0]).removingURLPercentEncoding(plusIsSpace: true),
                let value = String(halves.count > 1 ? halves[1] : "").removingURLPercentEncoding(plusIsSpace: true),
                !name.utf8.contains(0), !value.utf8.contains(0)
            else {
                throw Problem(.parameterInvalid, "A query parameter is not valid percent-encoded UTF-8.")
            }
            pairs.append((name, value))
        }
        return pairs
    }

    /// Refuses every query parameter that the route does not know, and repeated ones.
    package func queryParameters(only known: Set<String>) throws(Problem) -> [String: String] {
        var found: [String: String] = [:]
        for (name, value) in try queryParameters() {
            guard known.contains(name) else {
                throw Problem(
                    .parameterUnknown,
                    "'\(name.prefix(64))' is not a parameter here. Known: \(known.sorted().joined(separator: ", ")).",
                    fields: [
                        FieldProblem(
                            pointer: "/query/\(name.prefix(64))", code: .parameterUnknown, message: "Remove it.")
                    ])
            }
            guard found.updateValue(value, forKey: name) == nil else {
                throw Problem(.parameterInvalid, "'\(name)' is given twice.")
            }
        }
        return found
    }
}

struct BodyParts: AsyncSequence {
    let body: RequestBody

    struct AsyncIterator: AsyncIteratorProtocol {
        var parts: RequestBody.AsyncIterator

        mutating func next() async throws -> ByteBuffer? {
            do { return try await parts.next() } catch is CancellationError {
                throw CancellationError()
            } catch {
                throw Problem(
                    .bodyIncomplete,
                    "The connection ended before the body's announced end, or its chunks are damaged. Send the body whole, with its right Content-Length."
                )
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: body.makeAsyncIterator()) }
}

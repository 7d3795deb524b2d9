#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// One connection of the load generator: a socket that never blocks, and the request under way on it.
struct LoadConnection {
    var descriptor: Int32
    var template: RequestTemplate
    var sent = 0
    /// Monotonic nanoseconds at which the request began; nil when none is under way.
    var began: UInt64?
    var reader = ResponseReader()

    var isWriting: Bool { began != nil && sent < template.bytes.count }

    enum Failure: Error {
        case broken(String)
        var reason: String {
            switch self {
            case .broken(let reason): reason
            }
        }
    }

    /// Opens a connection to an IPv4 or IPv6 address or a name.
    static func open(host: String, port: UInt16) throws(BenchError) -> Int32 {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else {
            throw .failed("\(host) is not an address that this machine can find.")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
        guard descriptor >= 0 else { throw .failed("a socket cannot be opened (errno \(errno)); see ulimit -n.") }
        guard connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            let code = errno
            close(descriptor)
            throw .failed("nothing answers at \(host):\(port) (errno \(code)).")
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }

    /// Sends as much as the socket takes.
    mutating func write() throws(Failure) {
        while sent < template.bytes.count {
            let count = template.bytes.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                #else
                    send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, 0)
                #endif
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                return
            } else if errno != EINTR {
                throw .broken("sending failed (errno \(errno))")
            }
        }
    }

    /// Reads what has arrived.
    mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> ResponseReader.Progress {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                let progress = reader.take(UnsafeBufferPointer(rebasing: buffer[..<count]))
                if case .broken(let reason) = progress { throw .broken(reason) }
                if progress != .incomplete { return progress }
            } else if count == 0 {
                throw .broken("the server closed the connection")
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                return .incomplete
            } else if errno != EINTR {
                throw .broken("receiving failed (errno \(errno))")
            }
        }
    }
}

internal import Events
internal import Ports

/// The first eight bytes of a `ContactHash` as the number that `user_contacts` is ordered by.
enum ContactPrefix {
    static func of(_ identity: UserIdentity, in project: ProjectID) -> [(ContactHash.Kind, Int64)] {
        var found: [(ContactHash.Kind, Int64)] = []
        if let email = identity.email { found.append((.email, number(ContactHash.hash(email, .email, of: project)))) }
        if let phone = identity.phone { found.append((.phone, number(ContactHash.hash(phone, .phone, of: project)))) }
        return found
    }

    /// Every number whose hash begins with the bytes (at least one; those behind the eighth do not count). The sign is that
    /// of the first byte, so the range is one range of signed numbers too.
    static func range(_ bytes: [UInt8]) -> ClosedRange<Int64> {
        let known = bytes.prefix(8)
        let free = UInt64(8 * (8 - known.count))
        let high = known.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = free == 64 ? 0 : high << free
        let mask: UInt64 = free == 0 ? 0 : (free == 64 ? .max : (1 << free) - 1)
        return Int64(bitPattern: low)...Int64(bitPattern: low | mask)
    }

    static func number(_ hash: [UInt8]) -> Int64 {
        Int64(bitPattern: hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

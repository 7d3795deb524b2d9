/// Brings the many spellings of a model's name to the one that prices and breakdowns use.
///
/// `openai/gpt-4o-2024-08-06` → `gpt-4o`, `claude-3-5-sonnet-20241022` → `claude-3-5-sonnet`, `models/gemini-1.5-flash-latest`
/// → `gemini-1.5-flash`, `Llama3.1:8B` → `llama3.1:8b`.
package enum ModelFingerprint {
    package static func key(of name: String) -> String {
        var key = name.lowercased()
        if let slash = key.lastIndex(of: "/") { key = String(key[key.index(after: slash)...]) }
        for suffix in ["-latest", "-preview"] where key.hasSuffix(suffix) { key.removeLast(suffix.count) }
        return withoutDate(key)
    }

    /// Without a final `-YYYY-MM-DD`, `-YYYYMMDD` or `-MMDD`.
    private static func withoutDate(_ key: String) -> String {
        let parts = key.split(separator: "-", omittingEmptySubsequences: false)
        func digits(_ part: Substring, _ count: Int) -> Bool {
            part.utf8.count == count && part.utf8.allSatisfy { (48...57).contains($0) }
        }
        if parts.count > 3, digits(parts[parts.count - 3], 4), digits(parts[parts.count - 2], 2),
            digits(parts[parts.count - 1], 2)
        {
            return parts.dropLast(3).joined(separator: "-")
        }
        if parts.count > 1, let last = parts.last, digits(last, 8) || digits(last, 4) {
            return parts.dropLast().joined(separator: "-")
        }
        return key
    }
}

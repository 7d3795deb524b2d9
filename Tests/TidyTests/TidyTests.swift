import Foundation
import Testing

/// Rules of the house that a machine can check. A ratchet may only go down.
@Suite struct TidyTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    static func files(under folder: String, ending suffix: String) -> [URL] {
        let base = root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(suffix) }.sorted().map { base.appending(path: $0) }
    }

    static func read(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

    /// The rows of the arrow table: module and what it may import.
    static func arrows() throws -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        for line in try read(root.appending(path: "Sources/README.md")).split(separator: "\n")
        where line.hasPrefix("| ") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count >= 4, cells[1] != "module", !cells[1].hasPrefix("---") else { continue }
            let allowed = Set(cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
            for module in cells[1].split(separator: ",") {
                table[module.trimmingCharacters(in: .whitespaces)] = allowed
            }
        }
        return table
    }

    @Test func everyImportFollowsAnArrow() throws {
        let arrows = try Self.arrows()
        #expect(arrows.count > 20)
        for (module, allowed) in arrows {
            for name in allowed { #expect(arrows[name] != nil, "\(module) may import \(name), which is no module") }
        }
        for file in Self.files(under: "Sources", ending: ".swift") {
            let relative = file.path.dropFirst(Self.root.appending(path: "Sources").path.count + 1).split(
                separator: "/")
            let module = String(relative[1])
            let allowed = try #require(arrows[module], "\(module) has no row in Sources/README.md")
            for line in try Self.read(file).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1, !line.hasPrefix("//")
                else { continue }
                let imported = String(words[at + 1])
                guard arrows[imported] != nil else { continue }
                #expect(allowed.contains(imported), "\(file.lastPathComponent): \(module) must not import \(imported)")
            }
        }
    }

    @Test func filesStayShort() throws {
        for folder in ["Sources", "Tests"] {
            for file in Self.files(under: folder, ending: ".swift") {
                let lines = try Self.read(file).split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(lines <= 500, "\(file.lastPathComponent) has \(lines) lines")
            }
        }
    }

    @Test func namesSayWhatIsInside() {
        for file in Self.files(under: "Sources", ending: ".swift") {
            for word in ["Utils", "Helpers", "Common", "Manager"] {
                #expect(!file.lastPathComponent.contains(word), "\(file.lastPathComponent)")
            }
        }
    }

    @Test func timeAndChanceComeFromOutside() throws {
        let exempt = ["/Adapters/", "/App/"]
        for file in Self.files(under: "Sources", ending: ".swift") where !exempt.contains(where: file.path.contains) {
            let text = try Self.read(file)
            for word in ["Date()", "UUID()", "Task.sleep", "SystemRandomNumberGenerator", "DispatchTime.now"] {
                #expect(!text.contains(word), "\(file.lastPathComponent) uses \(word)")
            }
        }
    }

    @Test func nothingIsUncheckedWithoutAReason() throws {
        for file in Self.files(under: "Sources", ending: ".swift") {
            let text = try Self.read(file)
            let unchecked = text.components(separatedBy: "@unchecked Sendable").count - 1
            let reasons = text.components(separatedBy: "// SAFETY:").count - 1
            #expect(reasons >= unchecked, "\(file.lastPathComponent): each @unchecked Sendable needs a // SAFETY: line")
            #expect(!text.contains("try! "), "\(file.lastPathComponent) uses try!")
        }
    }

    @Test func noPlaceholderIsLeft() throws {
        for file in Self.files(under: "Sources", ending: ".swift") + Self.files(under: "Tests", ending: ".swift") {
            #expect(!file.lastPathComponent.hasPrefix("Placeholder"), "\(file.path)")
        }
    }
}

import Analytics
import Events
import Ports
import Synchronization
import SystemPorts
import Foundation
import Testing

@Suite struct CursorTests {
    let signer = CursorSigner(key: Array(repeating: 1, count: 32))
    let binding = CursorSigner.Binding(contract: "events", project: Given.project.id, question: "source=web")

    @Test func opensWithItsOwnQuestion() throws {
        let cursor = signer.cursor("12:position 5", for: binding)
        #expect(try signer.position(cursor, for: binding) == "12:position 5")
        #expect(!cursor.contains("+") && !cursor.contains("/") && !cursor.contains("="))
    }

    @Test func everyChangedCharacterIsNoticed() throws {
        let cursor = Array(signer.cursor("5:12345", for: binding))
        for at in cursor.indices {
            // A change of the last character may touch padding bits alone; those never decode to other bytes.
            var changed = cursor
            changed[at] = cursor[at] == "A" ? "Q" : "A"
            let text = String(changed)
            let opened = try? signer.position(text, for: binding)
            #expect(opened == nil || (at == cursor.count - 1 && opened == "5:12345"), "character \(at)")
        }
        #expect(throws: Problem.self) { try signer.position(String(cursor.dropLast(4)), for: binding) }
        #expect(throws: Problem.self) { try signer.position("", for: binding) }
        #expect(throws: Problem.self) { try signer.position(String(repeating: "A", count: 4096), for: binding) }
    }

    @Test func belongsToOneProjectQuestionAndKey() {
        let cursor = signer.cursor("x", for: binding)
        let others = [
            CursorSigner.Binding(contract: "events", project: Given.other.id, question: "source=web"),
            CursorSigner.Binding(contract: "traces", project: Given.project.id, question: "source=web"),
            CursorSigner.Binding(contract: "events", project: Given.project.id, question: "source=app"),
        ]
        for other in others {
            #expect(throws: Problem.self) { try signer.position(cursor, for: other) }
        }
        let stranger = CursorSigner(key: Array(repeating: 2, count: 32))
        #expect(throws: Problem.self) { try stranger.position(cursor, for: binding) }
    }

    @Test func pagesAreStableWhileEventsArrive() async throws {
        let given = Given()
        for number in 1...25 { given.store.add(Given.attempt("e\(number)", minutesAgo: Int64(number))) }
        var seen: [String] = []
        var query = "window=24h&limit=10"
        for page in 0..<3 {
            let answer = try Answer(try await given.service.events(Given.ask(query)))
            seen += answer.list("events").compactMap { ($0 as? [String: Any])?["event_id"] as? String }
            #expect((answer["page.has_more"] as? Bool) == (page < 2))
            guard let cursor = answer.text("page.next_cursor") else { break }
            query = "window=24h&limit=10&cursor=\(cursor)"
            // Arrives later, with a time inside the pages still to come, and the clock moves on.
            given.store.add(Given.attempt("late\(page)", minutesAgo: 24, offset: 200))
            given.clock.advance(by: .seconds(60))
        }
        #expect(seen == (1...25).map { "e\($0)" })
    }

    @Test func aCursorOfAnotherQuestionIsRefused() async throws {
        let given = Given()
        for number in 1...3 { given.store.add(Given.attempt("e\(number)", minutesAgo: Int64(number))) }
        let first = try Answer(try await given.service.events(Given.ask("limit=1")))
        let cursor = try #require(first.text("page.next_cursor"))
        for query in ["source=app&cursor=\(cursor)", "sort=time&cursor=\(cursor)", "cursor=\(cursor)x"] {
            let found = await problem { try await given.service.events(Given.ask(query)) }
            #expect(found?.code == .cursorInvalid && found?.fields.first?.pointer == "/query/cursor")
        }
        let other = await problem { try await given.service.events(Given.ask("limit=1&cursor=\(cursor)", Given.other)) }
        #expect(other?.code == .cursorInvalid)
        // Another limit is no other question.
        _ = try await given.service.events(Given.ask("limit=2&cursor=\(cursor)"))
    }

    @Test func rankedPagesDoNotRepeat() async throws {
        let given = Given()
        for number in 1...7 {
            for copy in 0..<number {
                given.store.add(Given.attempt("f\(number)-\(copy)", minutesAgo: 5, failure: "code_\(number)"))
            }
        }
        var codes: [String] = []
        var query = "window=1h&limit=3"
        while true {
            let answer = try Answer(try await given.service.failures(Given.ask(query)))
            codes += answer.list("groups").compactMap { ($0 as? [String: Any])?["code"] as? String }
            guard let cursor = answer.text("page.next_cursor") else { break }
            query = "window=1h&limit=3&cursor=\(cursor)"
        }
        #expect(codes == (1...7).reversed().map { "code_\($0)" })
    }
}

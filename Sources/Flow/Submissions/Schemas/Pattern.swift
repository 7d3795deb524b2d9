// Patterns of text fields: regular expressions without anything that needs backtracking.
//
//   text ─ PatternParser ─▶ PatternNode ─ PatternProgram ─▶ instructions ─ Pattern.matches ─▶ yes or no
//
// The whole value has to match. Time is bounded by (code points of the value) × (instructions of the pattern): all
// alternatives are followed at once, each instruction at most once a code point (Ken Thompson, "Regular Expression Search
// Algorithm", CACM 11(6), 1968; the virtual machine's form after Rob Pike). Back-references and look-around, which this
// cannot do, are refused when the schema is written.

/// A compiled pattern.
package struct Pattern: Sendable {
    package let text: String
    private let program: PatternProgram

    /// Throws what is wrong with the pattern, and where.
    package init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= Limits.patternBytesMax else {
            throw PatternError(at: 0, reason: "A pattern has at most \(Limits.patternBytesMax) bytes.")
        }
        self.text = text
        var parser = PatternParser(text)
        program = try PatternProgram(parser.parse())
    }

    /// Instructions: the factor of the time that one code point costs.
    package var size: Int { program.instructions.count }

    /// Whether the whole value matches.
    package func matches(_ value: String) -> Bool {
        var now = PatternThreads(capacity: program.instructions.count)
        var next = PatternThreads(capacity: program.instructions.count)
        program.follow(0, in: &now)
        for scalar in value.unicodeScalars {
            guard !now.isEmpty else { return false }
            next.removeAll()
            for index in now.indices {
                if case .take(let set) = program.instructions[now[index]], program.sets[set].contains(scalar.value) {
                    program.follow(now[index] + 1, in: &next)
                }
            }
            swap(&now, &next)
        }
        return now.contains(program.end)
    }
}

/// What a pattern may not contain, in words for the one who wrote it.
package struct PatternError: Error, Hashable {
    /// The code point at which the reading stopped, from 1; 0: the pattern as a whole.
    package var at: Int
    package var reason: String
    package var message: String { at == 0 ? reason : "At character \(at): \(reason)" }
}

/// The instructions of a pattern. A thread is the index of an instruction.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        /// Goes on to the next instruction when the code point is in the set.
        case take(Int)
        case split(Int, Int)
        case jump(Int)
        case match
    }
    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []

    init(_ node: PatternNode) throws(PatternError) {
        try add(node)
        try emit(.match)
    }

    var end: Int { instructions.count - 1 }

    private mutating func emit(_ instruction: Instruction) throws(PatternError) {
        guard instructions.count < Limits.patternInstructionsMax else {
            throw PatternError(
                at: 0,
                reason:
                    "The pattern is too large: its repetitions unfold to more than \(Limits.patternInstructionsMax) steps."
            )
        }
        instructions.append(instruction)
    }

    private mutating func add(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .set(let set):
            sets.append(set)
            try emit(.take(sets.count - 1))
        case .sequence(let nodes):
            for node in nodes { try add(node) }
        case .anyOf(let nodes):
            var jumps: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index + 1 < nodes.count else {
                    try add(node)
                    break
                }
                let split = instructions.count
                try emit(.split(split + 1, 0))
                try add(node)
                jumps.append(instructions.count)
                try emit(.jump(0))
                instructions[split] = .split(split + 1, instructions.count)
            }
            for jump in jumps { instructions[jump] = .jump(instructions.count) }
        case .repeated(let node, let low, let high):
            for _ in 0..<low { try add(node) }
            guard let high else {
                let split = instructions.count
                try emit(.split(split + 1, 0))
                try add(node)
                try emit(.jump(split))
                instructions[split] = .split(split + 1, instructions.count)
                return
            }
            var splits: [Int] = []
            for _ in low..<max(low, high) {
                splits.append(instructions.count)
                try emit(.split(instructions.count + 1, 0))
                try add(node)
            }
            for split in splits { instructions[split] = .split(split + 1, instructions.count) }
        }
    }

    /// Adds the thread and everything it reaches without reading.
    func follow(_ start: Int, in threads: inout PatternThreads) {
        threads.waiting.append(start)
        while let at = threads.waiting.popLast() {
            guard threads.insert(at) else { continue }
            switch instructions[at] {
            case .split(let first, let second):
                threads.waiting.append(second)
                threads.waiting.append(first)
            case .jump(let target): threads.waiting.append(target)
            case .take, .match: break
            }
        }
    }
}

/// A set of threads: insertion, membership and emptying in constant time (Briggs and Torczon's sparse set, 1993).
struct PatternThreads {
    private var dense: [Int] = []
    private var place: [Int]
    /// Threads that were reached and not looked at yet; empty between two calls of `follow`.
    var waiting: [Int] = []

    init(capacity: Int) {
        dense.reserveCapacity(capacity)
        place = Array(repeating: 0, count: capacity)
    }

    var isEmpty: Bool { dense.isEmpty }
    var indices: Range<Int> { dense.indices }
    subscript(_ index: Int) -> Int { dense[index] }

    func contains(_ thread: Int) -> Bool {
        let at = place[thread]
        return at < dense.count && dense[at] == thread
    }

    /// Whether it was not there yet.
    mutating func insert(_ thread: Int) -> Bool {
        guard !contains(thread) else { return false }
        place[thread] = dense.count
        dense.append(thread)
        return true
    }

    mutating func removeAll() { dense.removeAll(keepingCapacity: true) }
}

/// Code points: ranges, or everything but them.
struct ScalarSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool {
        for range in ranges where range.contains(scalar) { return !isNegated }
        return isNegated
    }
}

/// A pattern as a tree.
indirect enum PatternNode: Hashable, Sendable {
    case empty
    case set(ScalarSet)
    case sequence([PatternNode])
    case anyOf([PatternNode])
    /// From `low` to `high` times; nil: any number.
    case repeated(PatternNode, low: Int, high: Int?)
}

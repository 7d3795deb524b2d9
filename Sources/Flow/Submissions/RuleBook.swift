internal import Events
internal import Ports
internal import Synchronization

/// A project's rules, ready to judge. Immutable.
final class CompiledRules: Sendable {
    let revision: Int64
    private let schemas: [String: CompiledSchema]
    /// For a dry run: judges every source.
    private let candidate: CompiledSchema?
    /// Nil: the standard rule of the project.
    let limits: [LimitRule]?

    /// The rules of a project that has set nothing.
    static let builtin = CompiledRules(revision: 0, schemas: [:], limits: nil)

    init(revision: Int64, schemas: [String: CompiledSchema], limits: [LimitRule]?, candidate: CompiledSchema? = nil) {
        self.revision = revision
        self.schemas = schemas
        self.limits = limits
        self.candidate = candidate
    }

    /// Rules by which every submission is judged by the one schema.
    convenience init(candidate: CompiledSchema) {
        self.init(revision: 0, schemas: [:], limits: nil, candidate: candidate)
    }

    /// Throws when a stored pattern cannot be compiled: then another version of the program wrote it.
    convenience init(_ rules: SubmissionRules) throws(LedgerError) {
        var schemas: [String: CompiledSchema] = [:]
        for (source, version) in rules.schemas {
            do throws(PatternError) {
                schemas[source] = try CompiledSchema(version.schema, version: String(version.version))
            } catch {
                throw .failed(
                    operation: "compiling schema \(version.version) of \(source)", detail: error.message)
            }
        }
        self.init(revision: rules.revision, schemas: schemas, limits: rules.limits?.rules)
    }

    /// Nil: the built-in rules judge the source.
    func schema(of source: String) -> CompiledSchema? { candidate ?? schemas[source] }
}

/// The compiled rules that decisions last met, by project, so that requests are read by them outside of the transaction.
/// A request that was read by others is read again where it is decided: what counts is the moment of decision.
final class RuleBook: Sendable {
    private struct State {
        var compiled: [ProjectID: CompiledRules] = [:]
        var standard: [Int: [LimitRule]] = [:]
    }
    private let state = Mutex(State())

    /// The newest rules known here.
    func rules(of project: ProjectID) -> CompiledRules { state.withLock { $0.compiled[project] } ?? .builtin }

    /// The rules as the ledger holds them, compiled once for each revision.
    func compiled(_ rules: SubmissionRules, of project: ProjectID) throws(LedgerError) -> CompiledRules {
        if rules.revision == 0 { return .builtin }
        if let known = state.withLock({ $0.compiled[project] }), known.revision == rules.revision { return known }
        let compiled = try CompiledRules(rules)
        state.withLock { $0.compiled[project] = compiled }
        return compiled
    }

    /// The rules of a project that has set no limits. Their identifiers are hashes, so they are made once.
    func standardLimits(perMinute: Int) -> [LimitRule] {
        state.withLock { state in
            if let known = state.standard[perMinute] { return known }
            let rules = [LimitRule.standard(perMinute: perMinute)]
            state.standard[perMinute] = rules
            return rules
        }
    }
}

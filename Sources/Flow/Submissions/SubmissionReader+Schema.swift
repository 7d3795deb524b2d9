internal import Events
internal import Wire

/// Judging by a schema that the project has set for the source.
extension SubmissionReader {
    /// The field's stored value as JSON; nil when it was refused.
    mutating func readField(_ name: String, _ value: JSONValue, _ schema: CompiledSchema, at: String) -> [UInt8]? {
        guard let field = schema.fields[ExactText(name)] else {
            guard schema.unknownFields == .allow else {
                read.refuse(
                    at, .fieldUnknown, "Remove it: the schema of \(read.source) does not have this field.")
                return nil
            }
            return readUnruled(value, at: at)
        }
        do throws(FieldJudge.Failure) {
            return try FieldJudge.judge(value, field, isText: read.facts.valuesAreText)
        } catch {
            read.refuse(at, error.code, error.message, value: shown(value))
            return nil
        }
    }

    /// What the schema requires and `fields` does not have, be it wrongly.
    mutating func requireFields(_ schema: CompiledSchema, present: Set<ExactText>) {
        for name in schema.required where !present.contains(ExactText(name)) {
            let field = schema.fields[ExactText(name)]?.field
            let hint = field?.text ?? field.map { "It is a \($0.type.rawValue)." } ?? ""
            read.refuse(
                pointer("/fields", name), .fieldMissing, "The schema of \(read.source) requires it. \(hint)")
        }
    }

    /// Judges the members of `user` that the schema names; `texts` are those that were sent as texts.
    mutating func judgeUser(_ schema: CompiledSchema, texts: [String: String], sent: Set<String>) {
        for (name, compiled) in schema.userFields {
            guard let text = texts[name] else {
                if compiled.field.isRequired, !sent.contains(name) {
                    read.refuse(
                        "/user/\(name)", .fieldMissing, "The schema of \(read.source) requires it.")
                }
                continue
            }
            // A member that was refused already has its problem.
            let at = "/user/\(name)"
            guard !read.refused.contains(where: { $0.problem.pointer == at }) else { continue }
            do throws(FieldJudge.Failure) { _ = try FieldJudge.judge(text, compiled) } catch {
                read.refuse(at, error.code, error.message, value: text)
            }
        }
    }

    private func shown(_ value: JSONValue) -> String {
        if let text = value.string { return text }
        var json = [UInt8]()
        value.write(to: &json)
        return String(decoding: json.prefix(Limits.keptValueBytesMax), as: UTF8.self)
    }
}

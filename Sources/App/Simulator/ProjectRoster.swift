internal import Events
internal import Foundation
internal import ServerClient

/// A project that takes part in a run, with a key of its own.
struct SimulatedProject: Sendable {
    var id: String
    var apiKey: String
    var profile: ProjectProfile
    var calendar: DayCalendar
}

/// Finds or creates the projects of a run: the key's own first, then those of earlier runs, then new ones.
struct ProjectRoster {
    let client: ServerClient
    let options: SimulateOptions

    private struct NewKey: Decodable {
        var api_key: String
    }
    struct KeptKey: Codable, Equatable {
        var url: String
        var project_id: String
        var name: String
        var time_zone: String
        var api_key: String
    }

    /// The project of the key itself.
    func own() async throws -> SimulatedProject {
        let (listed, refusal) = try await client.projects(of: options.apiKey)
        guard let own = listed.first else { throw Self.refused(client.url, refusal) }
        return try project(own, key: options.apiKey, profile: ProjectProfile.all[0])
    }

    private static func refused(_ url: String, _ refusal: String?) -> SimulatorError {
        .failed("\(url) does not accept this API key (\(refusal ?? "no projects")).")
    }

    /// At least the key's own project. `notes` tells people about those that could not be had.
    func assemble() async throws -> (projects: [SimulatedProject], notes: [String]) {
        let (listed, refusal) = try await client.projects(of: options.apiKey)
        guard let own = listed.first else { throw Self.refused(client.url, refusal) }
        var projects = [try project(own, key: options.apiKey, profile: ProjectProfile.all[0])]
        var notes: [String] = []
        var kept = keptKeys()
        for profile in ProjectProfile.all.dropFirst().prefix(options.projects - 1) {
            do {
                let further = try await further(profile, listed: listed, kept: kept)
                if !kept.contains(further.kept) { kept.append(further.kept) }
                projects.append(further.project)
            } catch let error as SimulatorError {
                notes.append("without the project '\(profile.name)': \(error.description)")
            }
        }
        keep(kept, notes: &notes)
        return (projects, notes)
    }

    private func further(
        _ profile: ProjectProfile, listed: [ServerProject], kept: [KeptKey]
    ) async throws -> (project: SimulatedProject, kept: KeptKey) {
        if let known = kept.first(where: { $0.url == client.url && $0.name == profile.name }), try await accepts(known)
        {
            let listing = ServerProject(project_id: known.project_id, name: known.name, time_zone: known.time_zone)
            return (try project(listing, key: known.api_key, profile: profile), known)
        }
        if let existing = listed.first(where: { $0.name == profile.name }), let key = try await newKey(for: existing) {
            return (try project(existing, key: key, profile: profile), record(existing, key: key))
        }
        var body = JSONMembers()
        body.add("name", profile.name)
        body.add("time_zone", profile.timeZone)
        body.add("region", profile.region)
        let answer = try await client.sendPatiently(
            ServerRequest(
                "POST", "/v1/projects", apiKey: options.apiKey, contentType: "application/json", body: body.object))
        guard answer.isSuccess, let created = answer.decoded(ServerProject.self), let key = created.api_key else {
            throw SimulatorError.failed(
                "it could not be created: \(answer.refusal) Use a key with the scope admin, or --projects 1.")
        }
        return (try project(created, key: key, profile: profile), record(created, key: key))
    }

    private func newKey(for existing: ServerProject) async throws -> String? {
        let body = Array(#"{"name":"simulator","scopes":["ingest","query","admin"]}"#.utf8)
        let answer = try await client.sendPatiently(
            ServerRequest(
                "POST", "/v1/projects/\(existing.project_id)/keys", apiKey: options.apiKey,
                contentType: "application/json", body: body))
        return answer.isSuccess ? answer.decoded(NewKey.self)?.api_key : nil
    }

    private func accepts(_ key: KeptKey) async throws -> Bool {
        try await client.sendPatiently(ServerRequest("GET", "/v1/projects", apiKey: key.api_key)).isSuccess
    }

    private func project(_ listed: ServerProject, key: String, profile: ProjectProfile) throws -> SimulatedProject {
        guard let calendar = DayCalendar(zoneName: listed.time_zone) else {
            throw SimulatorError.failed("this machine's tz database has no zone '\(listed.time_zone)'. Install tzdata.")
        }
        return SimulatedProject(id: listed.project_id, apiKey: key, profile: profile, calendar: calendar)
    }

    private func record(_ listed: ServerProject, key: String) -> KeptKey {
        KeptKey(
            url: client.url, project_id: listed.project_id, name: listed.name, time_zone: listed.time_zone, api_key: key
        )
    }

    // MARK: Keys kept between runs

    private func keptKeys() -> [KeptKey] {
        guard let path = options.keysFile, let data = FileManager.default.contents(atPath: path) else { return [] }
        return (try? JSONDecoder().decode([KeptKey].self, from: data)) ?? []
    }

    private func keep(_ keys: [KeptKey], notes: inout [String]) {
        guard let path = options.keysFile, !keys.isEmpty else { return }
        do {
            // Keys are secrets: the file is its owner's alone.
            let data = try JSONEncoder().encode(keys)
            guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600])
            else {
                throw CocoaError(.fileWriteUnknown)
            }
        } catch {
            notes.append("the keys could not be kept in \(path), so the next run creates projects again")
        }
    }
}

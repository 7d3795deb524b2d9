/// A project as `GET /v1/projects` and `POST /v1/projects` give it.
package struct ServerProject: Decodable, Sendable {
    package var project_id: String
    package var name: String
    package var time_zone: String
    /// Only in the answer that created it.
    package var api_key: String?

    package init(project_id: String, name: String, time_zone: String, api_key: String? = nil) {
        self.project_id = project_id
        self.name = name
        self.time_zone = time_zone
        self.api_key = api_key
    }
}

private struct ServerProjects: Decodable {
    var projects: [ServerProject]
}

extension ServerClient {
    /// The projects that the key can name, its own first; or the server's reason, in a sentence, why there are none.
    package func projects(
        of apiKey: String
    ) async throws(ServerClientError) -> (projects: [ServerProject], refusal: String?) {
        let answer = try await sendPatiently(ServerRequest("GET", "/v1/projects", apiKey: apiKey))
        guard answer.isSuccess, let listed = answer.decoded(ServerProjects.self)?.projects, !listed.isEmpty else {
            return ([], answer.refusal)
        }
        let own = listed.firstIndex { apiKey.hasPrefix("dbk_\($0.project_id)_") } ?? 0
        var ordered = listed
        ordered.insert(ordered.remove(at: own), at: 0)
        return (ordered, nil)
    }
}

extension ServerAnswer {
    /// `HTTP 403: what the problem's detail says`.
    package var refusal: String {
        let problem = decoded(ProblemBody.self)
        guard let text = problem?.detail ?? problem?.title else { return "HTTP \(status)" }
        return "HTTP \(status): \(text)"
    }
}

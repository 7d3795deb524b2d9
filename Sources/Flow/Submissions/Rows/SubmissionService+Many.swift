package import Events
internal import Ports

extension SubmissionService {
    /// Submits all of them, each decided on its own, at most so many at a time; the answers in the order of the requests.
    package func submit(_ requests: [SubmissionRequest], inFlightMax: Int) async -> [SubmissionAnswer] {
        await withTaskGroup(of: (Int, SubmissionAnswer).self) { group in
            var answers: [SubmissionAnswer?] = Array(repeating: nil, count: requests.count)
            for (index, request) in requests.enumerated() {
                if index >= inFlightMax, let (done, answer) = await group.next() { answers[done] = answer }
                group.addTask { (index, await submit(request)) }
            }
            for await (done, answer) in group { answers[done] = answer }
            return answers.map { answer in
                guard let answer else { preconditionFailure("every submission is answered") }
                return answer
            }
        }
    }

    /// Logs a request of which no submission can be read as one failed attempt, and answers with the problem (another one when a
    /// limit or the log itself refuses it). Keeps no answer: the corrected request may come under the same Idempotency-Key.
    package func refuse(
        _ problem: Problem, project: Project, assumedReceivedAt: Timestamp? = nil, facts: RequestFacts
    ) async -> SubmissionAnswer {
        var answer = await submit(
            SubmissionRequest(
                project: project, body: .unreadable(problem), assumedReceivedAt: assumedReceivedAt, facts: facts))
        if case .failure(var logged) = answer.result, logged.code == problem.code {
            logged.fields = problem.fields
            logged.retryAfterSeconds = problem.retryAfterSeconds
            answer.result = .failure(logged)
        }
        return answer
    }
}

internal import Events
internal import Ports
internal import Telemetry

/// Logs what is refused before anybody has shown who they are: as an attempt of the project, within a budget, so that a
/// stranger cannot fill the log; beyond it, as a count.
struct RefusalLog: Sendable {
    let submissions: SubmissionService
    let clock: any Clock
    let telemetry: Telemetry
    private let budget = RequestBudget()

    /// The problem, with the attempt that logs it if there is one.
    func refuse(
        _ problem: Problem, project: Project, source: String, body: [UInt8], facts: RequestFacts
    ) async -> Problem {
        let room = budget.take(
            project.id.text, perMinute: WaysInLimits.loggedRefusalsPerMinute, now: clock.monotonic)
        guard room.wait == nil else {
            telemetry.emit(RefusalNotLogged(endpoint: facts.endpoint, code: problem.code))
            return problem
        }
        var request = SubmissionRequest(project: project, body: .refused(problem, body), facts: facts)
        request.source = source
        var answer = problem
        if case .failure(let logged) = await submissions.submit(request).result { answer.attemptID = logged.attemptID }
        return answer
    }
}

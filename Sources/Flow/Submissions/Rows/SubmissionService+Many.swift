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
}

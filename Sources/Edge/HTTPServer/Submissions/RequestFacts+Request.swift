internal import Events
internal import Hummingbird
internal import Submissions

extension RequestFacts {
    /// What the log keeps about a request beside its body. `endpoint` names the way in.
    init(_ request: Request, _ context: DaybookContext, endpoint: String) {
        self.init(context, userAgent: request.headers.value(.userAgent), endpoint: endpoint)
    }

    init(_ caller: some Caller, userAgent: String?, endpoint: String) {
        let submitter: String? =
            switch caller.principal?.kind {
            case .apiKey(let id)?, .member(let id)?: id
            case nil: nil
            }
        self.init(
            address: caller.remoteAddress, userAgent: userAgent, correlationID: caller.correlationID,
            trace: caller.trace,
            submitter: submitter, endpoint: endpoint)
    }
}

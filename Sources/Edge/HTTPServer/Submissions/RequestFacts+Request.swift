internal import Events
internal import Hummingbird
internal import Submissions

extension RequestFacts {
    /// What the log keeps about a request beside its body. `endpoint` names the way in.
    init(_ request: Request, _ context: DaybookContext, endpoint: String) {
        let submitter: String? =
            switch context.principal?.kind {
            case .apiKey(let id)?, .member(let id)?: id
            case nil: nil
            }
        self.init(
            address: context.remoteAddress, userAgent: request.headers.value(.userAgent),
            correlationID: context.correlationID, submitter: submitter, endpoint: endpoint)
    }
}

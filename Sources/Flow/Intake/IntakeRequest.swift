package import Events
package import Wire

/// One authenticated request: its body and what the headers said about it.
package struct IntakeRequest: Sendable {
    package var projectID: ProjectID
    package var principal: Principal
    package var body: PaddedBytes
    package var contentType: String?
    package var contentEncoding: String?
    package var receivedAt: Timestamp
    package var correlationID: String?
    package var trace: TraceContext?

    package init(
        projectID: ProjectID, principal: Principal, body: PaddedBytes, contentType: String?, contentEncoding: String?,
        receivedAt: Timestamp, correlationID: String? = nil, trace: TraceContext? = nil
    ) {
        self.projectID = projectID
        self.principal = principal
        self.body = body
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.receivedAt = receivedAt
        self.correlationID = correlationID
        self.trace = trace
    }
}

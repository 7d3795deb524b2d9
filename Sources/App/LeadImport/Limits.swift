/// Every limit of this module, with its unit.
package enum LeadImportLimits {
    /// Bytes read from the file at a time.
    package static let readBytes = 64 << 10
    /// Submissions in flight.
    package static let requestsInFlight = 32
    /// Bad rows of the file that the summary names one by one; all are counted.
    package static let badRowsNamedMax = 20
    /// Rows that failed that the summary names one by one, per code; all are counted.
    package static let examplesPerCodeMax = 3
}

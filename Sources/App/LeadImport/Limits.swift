/// Every limit of this module, with its unit.
package enum LeadImportLimits {
    /// Bytes read from the file at a time.
    package static let readBytes = 64 << 10
    /// Bytes of one cell; a longer one makes its row a bad one.
    package static let cellBytesMax = 64 << 10
    /// Columns of a file.
    package static let columnsMax = 512
    /// Submissions in flight.
    package static let requestsInFlight = 32
    /// Bad rows of the file that the summary names one by one; all are counted.
    package static let badRowsNamedMax = 20
    /// Rows that failed that the summary names one by one, per code; all are counted.
    package static let examplesPerCodeMax = 3
}

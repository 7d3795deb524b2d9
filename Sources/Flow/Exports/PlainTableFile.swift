internal import Events
internal import Ports

/// A file of rows in a text format. One caller at a time.
actor PlainTableFile: TableFileWriter {
    private let file: any FileAppender
    private let columns: [TableColumn]
    private let format: ExportFormat
    private var buffer: [UInt8]

    init(_ file: any FileAppender, columns: [TableColumn], format: ExportFormat) {
        self.file = file
        self.columns = columns
        self.format = format
        buffer = RowText.head(columns, format)
    }

    func append(_ rows: [[TableValue]]) async throws(FileStoreError) {
        for row in rows {
            RowText.append(row, columns, format, to: &buffer)
            if buffer.count >= ExportLimits.bufferBytes { try await flush() }
        }
    }

    func finish() async throws(FileStoreError) {
        try await flush()
        try await file.finish()
    }

    func abandon() async { await file.abandon() }

    private func flush() async throws(FileStoreError) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try await file.append(bytes)
    }
}

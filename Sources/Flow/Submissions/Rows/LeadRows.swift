package import Events
internal import Wire

/// How the rows of a CSV file become submissions. Stored with an import, so members are only ever added.
package struct LeadRowOptions: Hashable, Sendable, Codable {
    package struct Entry: Hashable, Sendable, Codable {
        /// A name of `SubmissionTarget`.
        package var target: String
        /// A column, or what else `ColumnMap` takes.
        package var value: String

        package init(target: String, value: String) {
            self.target = target
            self.value = value
        }
    }
    /// For columns that are not named like what they hold. Every other column maps itself.
    package var map: [Entry]
    /// Columns that are left out.
    package var skip: [String]
    /// For rows that do not say.
    package var source: String?
    package var channel: String?
    package var consent: Bool?
    /// What `CSVDelimiter` takes; a comma when it is missing.
    package var delimiter: String?

    package static let defaultSource = "bulk_import"

    package init(
        map: [Entry] = [], skip: [String] = [], source: String? = nil, channel: String? = nil,
        consent: Bool? = nil, delimiter: String? = nil
    ) {
        self.map = map
        self.skip = skip
        self.source = source
        self.channel = channel
        self.consent = consent
        self.delimiter = delimiter
    }

    var csvDelimiter: CSVDelimiter { delimiter.flatMap(CSVDelimiter.init) ?? .comma }
}

/// Reads a CSV file a piece at a time and gives each row as a submission. A row that is not CSV, or has another number of
/// cells than the header, is a submission that is refused with `csv_row_invalid`: it is logged as every other.
///
/// An import's own file of failed rows (`ErrorRows`) is read as it was before its cells were made harmless for spreadsheets.
package struct LeadRows: Sendable {
    package struct Row: Sendable {
        /// The line on which the row begins, from 1.
        package var line: Int
        package var body: SubmissionRequest.Body
        /// Empty for a row that is not CSV.
        package var cells: [String]
        /// The source of a row that cannot say its own.
        package var source: String?

        package init(line: Int, body: SubmissionRequest.Body, cells: [String], source: String? = nil) {
            self.line = line
            self.body = body
            self.cells = cells
            self.source = source
        }
    }

    private let options: LeadRowOptions
    private var reader: CSVReader
    private var map: ColumnMap?
    /// The names of the header; empty until it was read.
    package private(set) var columns: [String] = []
    /// Whether the file is one of an import's failed rows.
    private var isErrorFile = false
    /// The names of the header without those that a file of failed rows adds: they are written anew when rows fail again.
    var ownColumns: [String] { isErrorFile ? Array(columns.dropLast(ErrorRows.ownColumns.count)) : columns }

    package init(options: LeadRowOptions) {
        self.options = options
        reader = CSVReader(delimiter: options.csvDelimiter)
    }

    /// The rows that these bytes complete. Throws `csv_header_invalid` when the header cannot be used.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(Problem) -> [Row] { try rows(reader.feed(bytes)) }

    /// The last row, when it has no line end.
    package mutating func finish() throws(Problem) -> [Row] {
        let last = try rows(reader.finish())
        guard map != nil else { throw Problem(.bodyEmpty, "The file is empty: a header and rows are needed.") }
        return last
    }

    private mutating func rows(_ read: [Result<CSVReader.Row, CSVReader.BadRow>]) throws(Problem) -> [Row] {
        var out: [Row] = []
        for var result in read {
            if isErrorFile, case .success(var row) = result {
                row.cells = row.cells.map(ErrorRows.original)
                result = .success(row)
            }
            guard let map else {
                try readHeader(result)
                continue
            }
            switch result {
            case .failure(let bad): out.append(self.bad(bad.line, bad.reason, []))
            case .success(let row) where row.cells.count != columns.count:
                out.append(self.bad(row.line, row.miscounted(columns: columns.count), row.cells))
            case .success(let row):
                out.append(Row(line: row.line, body: .json(map.body(of: row.cells)), cells: row.cells))
            }
        }
        return out
    }

    private func bad(_ line: Int, _ reason: String, _ cells: [String]) -> Row {
        let problem = Problem(.csvRowInvalid, "Line \(line) cannot be read: \(reason).")
        return Row(
            line: line, body: .refused(problem, Array(cells.joined(separator: ",").utf8)), cells: cells,
            source: options.source ?? LeadRowOptions.defaultSource)
    }

    private mutating func readHeader(_ result: Result<CSVReader.Row, CSVReader.BadRow>) throws(Problem) {
        let header: CSVReader.Row
        switch result {
        case .failure(let bad): throw Problem(.csvHeaderInvalid, "The header cannot be read: \(bad.reason).")
        case .success(let row): header = row
        }
        var names = header.cells.map(FieldRules.trimmed)
        isErrorFile = ErrorRows.isOwn(names, skipping: options.skip)
        if isErrorFile { names = names.map(ErrorRows.original) }
        if let unnamed = names.firstIndex(of: "") {
            throw Problem(.csvHeaderInvalid, "Column \(unnamed + 1) has no name in the header.")
        }
        if let twice = Dictionary(grouping: names, by: \.self).first(where: { $0.value.count > 1 })?.key {
            throw Problem(
                .csvHeaderInvalid,
                "Two columns are named '\(bounded(twice, bytesMax: 64))': rename one of them in the header.")
        }
        for name in options.skip where !names.contains(name) {
            throw Problem(
                .csvHeaderInvalid, "`skip` names the column '\(bounded(name, bytesMax: 64))', which the file lacks.")
        }
        do {
            map = try ColumnMap(
                pairs: try pairs(for: names), columns: names, defaults: defaults,
                cellsStayTexts: true, notation: .parameters)
        } catch {
            throw Problem(
                .csvHeaderInvalid, bounded("The columns cannot be used: \(error)", bytesMax: 600) + hint(names))
        }
        columns = names
    }

    /// For a file whose header is one cell, because another character stands between its columns.
    private func hint(_ names: [String]) -> String {
        guard names.count == 1, let other = Self.parameters.first(where: { names[0].contains($0.character) }) else {
            return ""
        }
        return " The header is one column: name what stands between the columns, delimiter=\(other.parameter)."
    }

    /// Delimiters as a query parameter writes them.
    private static let parameters: [(character: Character, parameter: String)] = [
        (";", "%3B"), ("\t", "tab"), ("|", "%7C"), (",", "%2C"),
    ]

    private func pairs(for columns: [String]) throws(ColumnMapError) -> [(target: String, value: String)] {
        let kept = columns.filter { !options.skip.contains($0) }
        if options.map.isEmpty, let preset = ImportPreset.preset(for: kept) {
            var pairs: [(target: String, value: String)] = []
            for argument in preset.arguments { pairs.append(try ColumnMap.pair(argument)) }
            // What the caller says replaces what the preset assumes.
            let said = Set(defaults.map(\.target)).subtracting(options.source == nil ? ["source"] : [])
            return pairs.filter { !said.contains($0.target) }
        }
        return ImportPreset.pairs(for: kept, asked: options.map.map { (target: $0.target, value: $0.value) })
    }

    private var defaults: [(target: String, text: String)] {
        var out = [(target: "source", text: options.source ?? LeadRowOptions.defaultSource)]
        if let channel = options.channel { out.append((target: "channel", text: channel)) }
        if let consent = options.consent { out.append((target: "consent", text: consent ? "true" : "false")) }
        return out
    }
}

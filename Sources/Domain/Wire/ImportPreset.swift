/// A mapping for a kind of file, chosen by name or by the file's columns.
package struct ImportPreset: Sendable {
    package var name: String
    /// What the file is, in one line.
    package var summary: String
    package var arguments: [String]
    /// Columns by which a file of this kind is recognised.
    var columns: Set<String>

    package static let all = [mortgageApplications]

    /// Mortgage applications after Hunter and Walker (1996): amounts in thousands, one application a row.
    static let mortgageApplications = ImportPreset(
        name: "mortgage-applications",
        summary:
            "Boston mortgage applications of 1990 (the data set loanapp): amounts in thousands, one application a row",
        arguments: [
            "user.external_id=@loanapp-{row}", "source=@bulk_import", "channel=@direct", "consent=@true",
            "fields.state=@MA",
            "fields.loan_amount=loan_amount_thousands*1000!", "fields.property_value=appraised_value_thousands*1000!",
            "fields.purchase_price=purchase_price_thousands*1000",
            "fields.annual_income=applicant_income_thousands*1000!",
            "fields.term_months=term_months!", "fields.meets_guidelines=meets_guidelines!", "fields.units=units!",
            "fields.credit_reports=credit_reports!", "fields.adjustable_rate=adjustable_rate",
            "fields.monthly_income=monthly_income",
            "fields.coapplicant_monthly_income=coapplicant_monthly_income",
            "fields.monthly_housing_expense=monthly_housing_expense",
            "fields.liquid_assets_thousands=liquid_assets_thousands",
            "fields.net_worth_thousands=net_worth_thousands",
            "fields.obligation_ratio_percent=obligation_ratio_percent",
            "fields.housing_ratio_percent=housing_ratio_percent", "fields.credit_lines=credit_lines",
            "fields.public_record=public_record", "fields.unverifiable_information=unverifiable_information",
            "fields.self_employed=self_employed", "fields.years_in_line_of_work=years_in_line_of_work",
            "fields.occupancy=occupancy", "fields.suffolk_county=suffolk_county",
            "fields.times_reviewed=times_reviewed",
            "fields.decision=action",
        ],
        columns: [
            "row", "loan_amount_thousands", "appraised_value_thousands", "term_months", "meets_guidelines", "action",
        ])

    /// The preset of a file with these columns, if there is one.
    package static func preset(for columns: [String]) -> ImportPreset? {
        all.first { $0.columns.isSubset(of: columns) }
    }

    /// What was asked for, and every other column under its own name: one that is named like a member of a submission goes
    /// there, the rest goes under `fields.`. A column that was asked for, or whose target was, stands for nothing else.
    package static func pairs(
        for columns: [String], asked: [(target: String, value: String)]
    ) -> [(target: String, value: String)] {
        let targets = Set(asked.map { SubmissionTarget($0.target)?.path })
        let used = Set(
            asked.map { entry in
                columns.first { entry.value == $0 || entry.value == $0 + "!" || entry.value.hasPrefix($0 + "*") }
            })
        let others = columns.filter { !used.contains($0) && !targets.contains(SubmissionTarget($0)?.path) }
        return asked + others.map { (target: $0, value: $0) }
    }

    /// The same as arguments of a `ColumnMap`; rows that say nothing come from the source `bulk_import`.
    package static func arguments(for columns: [String], asked: [String]) throws(ColumnMapError) -> [String] {
        var given: [(target: String, value: String)] = []
        for argument in asked { given.append(try ColumnMap.pair(argument)) }
        let all = pairs(for: columns, asked: given)
        let others = all.dropFirst(given.count).map { target, column in
            "\(SubmissionTarget(target)?.path.joined(separator: ".") ?? "fields.\(target)")=\(column)"
        }
        let namesSource = all.contains { SubmissionTarget($0.target)?.path == ["source"] }
        return asked + others + (namesSource ? [] : ["source=@bulk_import"])
    }
}

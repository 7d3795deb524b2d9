internal import Events
internal import Exports
internal import Ports

/// What an export is about, as lists show it: kept with its job. The range is half-open like the question's: times of
/// attempts and leads, dates of days and reports; without one it is the whole log.
struct ExportAbout: Encodable {
    var of: ExportSubject
    var format: ExportFormat
    var from: String?
    var to: String?
    var date: String?
    /// Each member is a list, `user_id` and `q` are texts: as they were asked.
    var filter: ExportRequest.Filter?

    init(_ request: ExportRequest, _ question: ExportQuestion) {
        of = question.of
        format = question.format
        date = request.date?.description
        filter = request.filter.flatMap { $0.isEmpty ? nil : $0 }
        if let first = question.firstDate, let last = question.lastDate {
            guard date == nil else { return }
            from = first.description
            to = last.next.description
        } else {
            from = question.filter.from?.rfc3339()
            to = question.filter.to?.rfc3339()
        }
    }
}

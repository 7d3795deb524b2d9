/// The one catalogue of every error that a client can see. `contracts/errors.json` is printed from it and tested against it.
///
/// A code never changes its meaning or status; a new meaning is a new code.
package enum ErrorCode: String, Sendable, CaseIterable, Codable {
    // The request as a whole
    case bodyNotJSON = "body_not_json"
    case bodyEmpty = "body_empty"
    case bodyIncomplete = "body_incomplete"
    case bodyTooLarge = "body_too_large"
    case bodyExpandsTooLarge = "body_expands_too_large"
    case bodyEncodingInvalid = "body_encoding_invalid"
    case encodingUnsupported = "encoding_unsupported"
    case mediaTypeUnsupported = "media_type_unsupported"
    case batchShapeInvalid = "batch_shape_invalid"
    case batchTooManyItems = "batch_too_many_items"
    case batchNothingValid = "batch_nothing_valid"
    case parameterInvalid = "parameter_invalid"
    case parameterMissing = "parameter_missing"
    case parameterUnknown = "parameter_unknown"
    case cursorInvalid = "cursor_invalid"
    case dateInvalid = "date_invalid"
    case rangeInvalid = "range_invalid"
    case rangeTooLong = "range_too_long"
    case contractVersionUnsupported = "contract_version_unsupported"
    case notAcceptable = "not_acceptable"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case requestNotHTTP = "request_not_http"
    // Who asks
    case credentialsMissing = "credentials_missing"
    case credentialsInvalid = "credentials_invalid"
    case credentialsRevoked = "credentials_revoked"
    case credentialsExpired = "credentials_expired"
    case scopeMissing = "scope_missing"
    case projectForbidden = "project_forbidden"
    case signInFailed = "sign_in_failed"
    case signInThrottled = "sign_in_throttled"
    case originForbidden = "origin_forbidden"
    case formDisabled = "form_disabled"
    case webhookSignatureMissing = "webhook_signature_missing"
    case webhookSignatureInvalid = "webhook_signature_invalid"
    case webhookTimestampStale = "webhook_timestamp_stale"
    case webhookSecretUnknown = "webhook_secret_unknown"
    // Limits
    case rateLimitProject = "rate_limit_project"
    case rateLimitKey = "rate_limit_key"
    case rateLimitUser = "rate_limit_user"
    case rateLimitSource = "rate_limit_source"
    case rateLimitAddress = "rate_limit_address"
    case overloaded
    case storageFull = "storage_full"
    case readOnly = "read_only"
    case dependencyUnavailable = "dependency_unavailable"
    case shuttingDown = "shutting_down"
    // One event
    case eventNotJSON = "event_not_json"
    case eventNotObject = "event_not_object"
    case eventTooLarge = "event_too_large"
    case eventTooDeep = "event_too_deep"
    case eventIDConflict = "event_id_conflict"
    case fieldMissing = "field_missing"
    case fieldUnknown = "field_unknown"
    case fieldDuplicate = "field_duplicate"
    case fieldType = "field_type"
    case fieldTooLong = "field_too_long"
    case fieldTooShort = "field_too_short"
    case fieldTooMany = "field_too_many"
    case fieldPattern = "field_pattern"
    case fieldValue = "field_value"
    case fieldRange = "field_range"
    case fieldDate = "field_date"
    case patternUnsupported = "pattern_unsupported"
    case timeInvalid = "time_invalid"
    case timeTooOld = "time_too_old"
    case timeTooNew = "time_too_new"
    // One submission
    case userUnknown = "user_unknown"
    case emailInvalid = "email_invalid"
    case phoneInvalid = "phone_invalid"
    case phoneCountryMissing = "phone_country_missing"
    case stateInvalid = "state_invalid"
    case consentMissing = "consent_missing"
    case duplicateLead = "duplicate_lead"
    case formBodyInvalid = "form_body_invalid"
    case redirectForbidden = "redirect_forbidden"
    case honeypotFilled = "honeypot_filled"
    case csvHeaderInvalid = "csv_header_invalid"
    case csvRowInvalid = "csv_row_invalid"
    case idempotencyKeyInvalid = "idempotency_key_invalid"
    case idempotencyKeyReused = "idempotency_key_reused"
    case idempotencyKeyInFlight = "idempotency_key_in_flight"
    case dependencyTimeout = "dependency_timeout"
    // Days, reports
    case dayClosed = "day_closed"
    case dayNotOver = "day_not_over"
    case dayInFuture = "day_in_future"
    case dayNotClosed = "day_not_closed"
    case sealMismatch = "seal_mismatch"
    case reportRunning = "report_running"
    // Jobs
    case jobInterrupted = "job_interrupted"
    case jobNotFinished = "job_not_finished"
    case pollingTokenInvalid = "polling_token_invalid"
    case exportExpired = "export_expired"
    case rangeNotSatisfiable = "range_not_satisfiable"
    // Ours
    case internalError = "internal_error"

    /// The HTTP status (RFC 9110) of an answer whose main error is this one.
    package var status: Int {
        switch self {
        case .bodyNotJSON, .bodyEmpty, .bodyIncomplete, .bodyEncodingInvalid, .batchShapeInvalid, .parameterInvalid,
            .parameterMissing,
            .parameterUnknown, .cursorInvalid, .dateInvalid, .rangeInvalid, .rangeTooLong, .idempotencyKeyInvalid,
            .eventNotJSON, .requestNotHTTP, .formBodyInvalid, .csvHeaderInvalid, .csvRowInvalid:
            400
        case .credentialsMissing, .credentialsInvalid, .credentialsRevoked, .credentialsExpired, .signInFailed,
            .userUnknown, .webhookSignatureMissing, .webhookSignatureInvalid, .webhookTimestampStale,
            .webhookSecretUnknown:
            401
        case .scopeMissing, .projectForbidden, .originForbidden, .pollingTokenInvalid, .formDisabled: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .contractVersionUnsupported, .notAcceptable: 406
        case .eventIDConflict, .duplicateLead, .idempotencyKeyInFlight, .dayClosed, .dayNotOver, .reportRunning,
            .jobNotFinished, .dayNotClosed, .sealMismatch:
            409
        case .exportExpired: 410
        case .rangeNotSatisfiable: 416
        case .bodyTooLarge, .bodyExpandsTooLarge, .batchTooManyItems, .eventTooLarge: 413
        case .encodingUnsupported, .mediaTypeUnsupported: 415
        case .batchNothingValid, .eventNotObject, .eventTooDeep, .fieldMissing, .fieldUnknown, .fieldDuplicate,
            .fieldType, .fieldTooLong, .fieldTooShort, .fieldTooMany, .fieldPattern, .fieldValue, .fieldRange,
            .fieldDate, .patternUnsupported, .timeInvalid, .timeTooOld, .timeTooNew, .emailInvalid, .phoneInvalid,
            .phoneCountryMissing, .stateInvalid, .consentMissing, .idempotencyKeyReused, .dayInFuture,
            .redirectForbidden, .honeypotFilled:
            422
        case .rateLimitProject, .rateLimitKey, .rateLimitUser, .rateLimitSource, .rateLimitAddress, .signInThrottled:
            429
        case .internalError: 500
        case .overloaded, .readOnly, .dependencyUnavailable, .dependencyTimeout, .shuttingDown, .jobInterrupted: 503
        case .storageFull: 507
        }
    }

    /// One line for people: what the code means, whatever the case at hand.
    package var title: String {
        switch self {
        case .bodyNotJSON: "The body is not JSON"
        case .bodyEmpty: "The body is empty"
        case .bodyIncomplete: "The body ended too early"
        case .bodyTooLarge: "The body is larger than this route accepts"
        case .bodyExpandsTooLarge: "The body is too large once decompressed"
        case .bodyEncodingInvalid: "The compressed body is damaged or cut short"
        case .encodingUnsupported: "This content encoding is not supported"
        case .mediaTypeUnsupported: "This content type is not supported here"
        case .batchShapeInvalid: "The body is neither an array of events nor an object with an events array"
        case .batchTooManyItems: "The batch holds too many items"
        case .batchNothingValid: "No item of the batch is valid"
        case .parameterInvalid: "A query parameter has an invalid value"
        case .parameterMissing: "A required query parameter is missing"
        case .parameterUnknown: "A query parameter is not known here"
        case .cursorInvalid: "The cursor is damaged or belongs to another question"
        case .dateInvalid: "The date is not a calendar date written YYYY-MM-DD"
        case .rangeInvalid: "The time range is empty or reversed"
        case .rangeTooLong: "The time range is longer than this question allows"
        case .contractVersionUnsupported: "This contract version is not served"
        case .notAcceptable: "None of the accepted media types is available"
        case .notFound: "There is nothing at this address"
        case .methodNotAllowed: "This address does not answer to this method"
        case .requestNotHTTP: "What arrived is not an HTTP request"
        case .credentialsMissing: "Credentials are required"
        case .credentialsInvalid: "The credentials are not valid"
        case .credentialsRevoked: "The key was revoked"
        case .credentialsExpired: "The credentials have expired"
        case .scopeMissing: "The credentials lack the needed scope"
        case .projectForbidden: "The credentials do not belong to this project"
        case .signInFailed: "Email and password do not match"
        case .signInThrottled: "Too many sign-in attempts"
        case .originForbidden: "The request comes from another site"
        case .formDisabled: "The form of this source is not switched on"
        case .webhookSignatureMissing: "The webhook is not signed"
        case .webhookSignatureInvalid: "The webhook's signature does not match"
        case .webhookTimestampStale: "The webhook's timestamp is too far from now"
        case .webhookSecretUnknown: "There is no valid secret for webhooks of this source"
        case .rateLimitSource: "The source's rate limit is reached"
        case .rateLimitAddress: "The network address's rate limit is reached"
        case .formBodyInvalid: "The body is not an HTML form in UTF-8"
        case .redirectForbidden: "The form asks for a redirect that is not on its list"
        case .honeypotFilled: "A field that people do not see was filled in"
        case .csvHeaderInvalid: "The header of the CSV file cannot be used"
        case .csvRowInvalid: "The row is not valid CSV"
        case .rateLimitProject: "The project's rate limit is reached"
        case .rateLimitKey: "The API key's rate limit is reached"
        case .rateLimitUser: "The user's rate limit is reached"
        case .overloaded: "The service is overloaded"
        case .storageFull: "The disk or its budget is full"
        case .readOnly: "The service is in read-only mode"
        case .dependencyUnavailable: "A part of the system does not answer"
        case .shuttingDown: "The service is shutting down"
        case .eventNotJSON: "The event is not valid JSON"
        case .eventNotObject: "The event is not a JSON object"
        case .eventTooLarge: "The event is too large"
        case .eventTooDeep: "The event is nested too deeply"
        case .eventIDConflict: "The event_id was used before with another time"
        case .fieldMissing: "A required field is missing"
        case .fieldUnknown: "A field is not part of the schema"
        case .fieldDuplicate: "A field appears twice"
        case .fieldType: "A field has the wrong type"
        case .fieldTooLong: "A field is too long"
        case .fieldTooShort: "A field is too short"
        case .fieldTooMany: "A field has too many entries"
        case .fieldPattern: "A field does not have the required form"
        case .fieldValue: "A field has a value that is not allowed"
        case .fieldRange: "A number is out of range"
        case .fieldDate: "A field is not a calendar date"
        case .patternUnsupported: "A pattern is not in the supported syntax"
        case .timeInvalid: "A time is not RFC 3339 with a zone"
        case .timeTooOld: "The time lies too far in the past"
        case .timeTooNew: "The time lies too far in the future"
        case .userUnknown: "The submission does not identify its user"
        case .emailInvalid: "The email address is not valid"
        case .phoneInvalid: "The phone number is not valid"
        case .phoneCountryMissing: "The phone number lacks its country code"
        case .stateInvalid: "The US state is not known"
        case .consentMissing: "Consent was not given"
        case .duplicateLead: "This lead was already submitted"
        case .idempotencyKeyInvalid: "The Idempotency-Key is not valid"
        case .idempotencyKeyReused: "The Idempotency-Key was used with another body"
        case .idempotencyKeyInFlight: "A request with this Idempotency-Key is still running"
        case .dependencyTimeout: "A part of the system did not answer in time"
        case .dayClosed: "The day is closed and cannot change"
        case .dayNotOver: "The day is not over yet"
        case .dayInFuture: "The day has not begun"
        case .dayNotClosed: "The day is still open"
        case .sealMismatch: "The log does not agree with the day's seal"
        case .reportRunning: "A report for this day is being written"
        case .jobNotFinished: "The job has not finished"
        case .pollingTokenInvalid: "The polling token does not belong to this export"
        case .exportExpired: "The export's files were removed because their time was over"
        case .rangeNotSatisfiable: "The range begins behind the end of the file"
        case .jobInterrupted: "The job was cut short by stops of the server, too often"
        case .internalError: "Something failed on our side"
        }
    }

    /// The failure category under which the log records it.
    package var category: FailureCategory {
        switch self {
        case .bodyNotJSON, .bodyEmpty, .bodyIncomplete, .bodyEncodingInvalid, .encodingUnsupported,
            .mediaTypeUnsupported,
            .batchShapeInvalid, .eventNotJSON, .requestNotHTTP, .eventNotObject, .eventTooDeep, .bodyTooLarge,
            .bodyExpandsTooLarge, .eventTooLarge, .batchTooManyItems, .formBodyInvalid, .csvHeaderInvalid,
            .csvRowInvalid:
            .malformed
        case .credentialsMissing, .credentialsInvalid, .credentialsRevoked, .credentialsExpired, .signInFailed,
            .userUnknown, .webhookSignatureMissing, .webhookSignatureInvalid, .webhookTimestampStale,
            .webhookSecretUnknown:
            .authentication
        case .scopeMissing, .projectForbidden, .originForbidden, .pollingTokenInvalid, .formDisabled: .authorization
        case .rateLimitProject, .rateLimitKey, .rateLimitUser, .rateLimitSource, .rateLimitAddress, .signInThrottled:
            .rateLimited
        case .overloaded, .storageFull, .readOnly, .dependencyUnavailable, .shuttingDown: .dependency
        case .dependencyTimeout: .timeout
        case .duplicateLead: .duplicate
        case .eventIDConflict, .idempotencyKeyReused, .idempotencyKeyInFlight, .dayClosed, .dayNotOver, .reportRunning,
            .jobNotFinished, .exportExpired, .dayNotClosed, .sealMismatch:
            .conflict
        case .internalError, .jobInterrupted: .internal
        default: .validation
        }
    }

    /// Whether sending the same request again later can succeed.
    package var isRetryable: Bool {
        switch status {
        case 429, 503, 507: true
        case 409: self == .idempotencyKeyInFlight || self == .reportRunning || self == .jobNotFinished
        default: self == .internalError
        }
    }
}

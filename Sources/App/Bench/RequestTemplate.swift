package import Events

/// A request as bytes whose length never changes, with the places that make each copy different. Writing the next copy
/// touches only those, so that the generator costs the machine as little as possible.
package struct RequestTemplate: Sendable {
    package private(set) var bytes: [UInt8]
    /// Where ten decimal digits of the request's number go.
    private let numbers: [Int]
    /// Where the time goes, as RFC 3339 with milliseconds: 24 bytes.
    private let times: [Int]
    /// Items in one request, and the bytes of one.
    let items: Int
    let itemBytes: Int

    private static let numberMark = Array("##########".utf8)
    private static let timeMark = Array("2000-01-01T00:00:00.000Z".utf8)

    /// `body` holds `##########` where the number goes and `2000-01-01T00:00:00.000Z` where the time goes.
    package init(
        path: String, host: String, apiKey: String, contentType: String, extraHeaders: String = "", body: [UInt8],
        items: Int
    ) {
        let head =
            "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(apiKey)\r\nContent-Type: \(contentType)\r\n\(extraHeaders)Content-Length: \(body.count)\r\n\r\n"
        let whole = Array(head.utf8) + body
        self.bytes = whole
        self.numbers = Self.places(of: Self.numberMark, in: whole)
        self.times = Self.places(of: Self.timeMark, in: whole)
        self.items = items
        self.itemBytes = body.count / items
    }

    /// Makes this the copy with the number, at the time.
    package mutating func become(number: Int, at time: Timestamp) {
        var digits = Self.numberMark
        var rest = number
        for at in stride(from: digits.count - 1, through: 0, by: -1) {
            digits[at] = UInt8(48 + rest % 10)
            rest /= 10
        }
        let clock = times.isEmpty ? [] : Array(Timestamp(microseconds: time.microseconds / 1000 * 1000).rfc3339().utf8)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for place in numbers {
                for offset in digits.indices { bytes[place + offset] = digits[offset] }
            }
            for place in times {
                for offset in clock.indices { bytes[place + offset] = clock[offset] }
            }
        }
    }

    private static func places(of mark: [UInt8], in bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        var at = 0
        while at + mark.count <= bytes.count {
            if bytes[at] == mark[0], bytes[at..<at + mark.count].elementsEqual(mark) {
                places.append(at)
                at += mark.count
            } else {
                at += 1
            }
        }
        return places
    }
}

/// The bodies that are measured.
package enum BenchBody {
    /// Events of about 400 bytes each: model calls and funnel steps of several sources and channels.
    package static func events(_ count: Int, run: String) -> [UInt8] {
        var out = ""
        let sources = ["web_form", "partner_api", "bulk_import", "call_center", "webhook"]
        let channels = ["organic", "paid_search", "affiliate", "email", "social", "direct"]
        let models = ["gpt-4o-mini", "gpt-4o", "claude-3-5-haiku", "llama3.1:8b"]
        for index in 0..<count {
            let common =
                "{\"event_id\":\"\(run)-##########-\(index)\",\"time\":\"2000-01-01T00:00:00.000Z\",\"source\":\"\(sources[index % 5])\",\"channel\":\"\(channels[index % 6])\",\"user_id\":\"usr_\(index % 97)\",\"session_id\":\"ses_##########\(index % 50)\""
            if index % 3 == 0 {
                out +=
                    common
                    + ",\"type\":\"llm.call\",\"outcome\":\"success\",\"duration_ms\":\(400 + index % 700),\"model\":{\"provider\":\"openai\",\"name\":\"\(models[index % 4])\"},\"usage\":{\"input_tokens\":\(500 + index % 300),\"output_tokens\":\(90 + index % 50)},\"prompt\":{\"name\":\"lead-qualification\",\"version\":\"v14\"}}\n"
            } else if index % 20 == 1 {
                out +=
                    common
                    + ",\"type\":\"tool.call\",\"outcome\":\"failure\",\"error\":{\"category\":\"timeout\",\"code\":\"credit_bureau_timeout\",\"message\":\"The credit bureau did not answer within 5 s.\"},\"duration_ms\":5000,\"retry\":{\"attempt\":1,\"max\":3}}\n"
            } else {
                out +=
                    common
                    + ",\"type\":\"funnel.step\",\"outcome\":\"success\",\"duration_ms\":\(80 + index % 200),\"funnel\":{\"name\":\"mortgage_refinance\",\"step\":\"contact\",\"position\":3},\"attributes\":{\"device\":\"mobile\",\"landing_page\":\"/refinance\",\"experiment\":\"rate-table-b\"}}\n"
            }
        }
        return Array(out.utf8)
    }

    /// A submission by a person who is new each time.
    static func lead(run: String) -> [UInt8] {
        Array(
            "{\"user\":{\"external_id\":\"\(run)-##########\",\"name\":\"Ada Bench\"},\"source\":\"partner_api\",\"channel\":\"affiliate\",\"fields\":{\"loan_amount\":320000,\"property_value\":450000,\"annual_income\":98000,\"credit_score\":712,\"term_months\":360,\"state\":\"CA\",\"purpose\":\"lower_rate\"},\"consent\":true}"
                .utf8)
    }
}

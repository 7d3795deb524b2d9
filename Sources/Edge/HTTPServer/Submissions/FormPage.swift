internal import Crypto
internal import Events
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Submissions

/// The page that answers a form when it names no redirect: whole in itself, without scripts, readable aloud and at any size.
enum FormPage {
    private static let style = """
        :root{color-scheme:light dark}body{margin:0;font:1.0625rem/1.55 system-ui,sans-serif;display:grid;\
        place-items:center;min-height:100vh}main{max-width:34rem;padding:2rem}h1{font-size:1.5rem;line-height:1.25}\
        ul{padding-left:1.25rem}.reference{opacity:.75;font-size:.875rem;overflow-wrap:anywhere}
        """
    /// The style is allowed by its hash (CSP level 3, section 6.7.3.3); nothing else is loaded, sent or framed.
    static let policy: String = {
        let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
        return
            "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }()

    static func response(_ answer: FormAnswer, correlationID: String) -> Response {
        let status: HTTPResponse.Status
        let html: String
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .contentSecurityPolicy: policy,
        ]
        switch answer.result {
        case .success(let attemptID):
            status = .created
            html = page(
                "Thank you", ["<p>We have received what you sent.</p>"], reference: attemptID)
        case .failure(let problem):
            status = .init(code: problem.code.status)
            if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
            html = failure(problem, names: answer.names, correlationID: correlationID)
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private static func failure(_ problem: Problem, names: [String: String], correlationID: String) -> String {
        var parts: [String] = []
        let title: String
        switch problem.code.category {
        case .duplicate:
            title = "We already have this"
            parts.append("<p>The same details were received before. There is nothing more to do.</p>")
        case .rateLimited, .dependency, .timeout, .internal:
            title = "Not received yet"
            let wait = problem.retryAfterSeconds.map { " in \($0) second\($0 == 1 ? "" : "s")" } ?? " in a moment"
            parts.append("<p>Nothing was saved. Go back and send it again\(wait).</p>")
        case .authorization, .conflict:
            title = "Not received"
            parts.append("<p>\(escaped(problem.detail))</p>")
        default:
            title = "Please check what you entered"
            if problem.fields.isEmpty {
                parts.append("<p>\(escaped(problem.detail))</p>")
            } else {
                let items = problem.fields.map { field in
                    "<li><strong>\(escaped(label(field.pointer, names)))</strong>: \(escaped(field.message))</li>"
                }
                parts.append("<p>Nothing was saved. These fields need your attention:</p><ul>\(items.joined())</ul>")
            }
            parts.append("<p>Go back with your browser; what you typed is usually still there.</p>")
        }
        return page(title, parts, reference: problem.attemptID ?? correlationID, role: " role=\"alert\"")
    }

    /// The field's name as the page wrote it, in words: `first_name` → `First name`.
    static func label(_ pointer: String, _ names: [String: String]) -> String {
        let name = names[pointer] ?? String(pointer.split(separator: "/").last ?? "form")
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let words = last.replacing("_", with: " ").replacing("-", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private static func page(_ title: String, _ parts: [String], reference: String, role: String = "") -> String {
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex"><title>\(escaped(title))</title><style>\(style)</style></head>
        <body><main><div\(role)><h1>\(escaped(title))</h1>\(parts.joined())</div>
        <p class="reference">Reference: \(escaped(reference))</p></main></body>
        </html>

        """
    }

    /// Text as HTML, safe between tags and inside of quoted attributes.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// HTML to copy into a page: a form that posts to this source.
enum FormSnippet {
    static func html(_ action: String, honeypot: String) -> String {
        """
        <form method="post" action="\(FormPage.escaped(action))" accept-charset="utf-8">
          <p><label>Email <input type="email" name="email" autocomplete="email" required maxlength="254"></label></p>
          <p><label>Phone <input type="tel" name="phone" autocomplete="tel" placeholder="+12125550123"></label></p>
          <p><label>Name <input name="name" autocomplete="name" maxlength="200"></label></p>
          <p><label>State <input name="state" autocomplete="address-level1" maxlength="2" placeholder="CA"></label></p>
          <p><label><input type="checkbox" name="consent" value="yes" required> I agree to be contacted</label></p>
          <div style="position:absolute;left:-10000px" aria-hidden="true">
            <label>Leave this empty <input name="\(FormPage.escaped(honeypot))" tabindex="-1" autocomplete="off"></label>
          </div>
          <input type="hidden" name="channel" value="organic">
          <input type="hidden" name="idempotency_key" value="">
          <script>
            document.currentScript.parentElement.elements["idempotency_key"].value =
              Date.now().toString(36) + "-" + Math.random().toString(36).slice(2);
          </script>
          <p><button type="submit">Send</button></p>
        </form>

        """
    }
}

// HTTPServer: routes and middleware. An area is a folder: its routes turn a request into a call of one Flow module and the
// result into an answer. Nothing is decided here except how HTTP says it.
//
// Failure cases: a `Problem` thrown anywhere becomes `application/problem+json`; anything else thrown becomes
// `internal_error` with the request's correlation id, and its details go to the log only.

package import Hummingbird

/// The routes of one area of the API.
package protocol RouteArea: Sendable {
    func add(to routes: Router<DaybookContext>)
    /// The routes that answer plain requests as well.
    var plainRoutes: [PlainRoute] { get }
}

extension RouteArea {
    package var plainRoutes: [PlainRoute] { [] }
}

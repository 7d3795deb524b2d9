internal import HTTPTypes
package import Hummingbird
package import Ports

/// Resolves the `Authorization` header of every API request into a principal. Routes then check project and scope.
///
/// Paths outside `/v1/` and the sign-in itself need nobody; a request without credentials goes on without a principal,
/// and the route's own check answers `credentials_missing`.
package struct Authentication: RouterMiddleware {
    package typealias Context = DaybookContext
    private let authenticator: any Authenticator

    package init(authenticator: any Authenticator) { self.authenticator = authenticator }

    package func handle(
        _ request: Request, context: DaybookContext, next: (Request, DaybookContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers.value(.authorization), request.uri.path.hasPrefix("/v1/") else {
            return try await next(request, context)
        }
        var context = context
        context.principal = try await authenticator.authenticate(authorization: header)
        return try await next(request, context)
    }
}

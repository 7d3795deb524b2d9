internal import Events
internal import Hummingbird
internal import Ports

extension Request {
    /// The project that the path names, after checking that the caller may use it so, of a route that takes no query: a
    /// `project_id` there, as every other parameter, is refused, not passed over.
    func pathProject(_ context: DaybookContext, _ scope: Principal.Scope) throws(Problem) -> ProjectID {
        let project = try context.project(scope)
        _ = try queryParameters(only: [])
        return project
    }
}

package import Events
package import Ports

/// What the first start hands out, once.
package struct FirstSignIn: Hashable, Sendable {
    package var organisationID: String
    package var projectID: ProjectID
    package var apiKey: String
    package var adminEmail: String
    package var adminPassword: String
}

/// What the first start creates.
package struct FirstAccount: Hashable, Sendable {
    package var organisationName = "Demo"
    package var projectID = ProjectID(trusted: "prj_demo")
    package var projectName = "Demo"
    package var calendar: DayCalendar
    package var region = "local"
    package var adminEmail = "admin@daybook.local"

    /// Nil when this machine's tz database lacks the zone.
    package init?(timeZone: String = "America/New_York") {
        guard let calendar = DayCalendar(zoneName: timeZone) else { return nil }
        self.calendar = calendar
    }
}

extension AccountService {
    package enum InitialiseFailure: Error, Sendable {
        case ledger(LedgerError)
        case password(PasswordHasher.Failure)
    }

    /// Creates the first organisation, project, owner and API key in an empty ledger; nil (and no change) otherwise.
    package func initialise(_ first: FirstAccount) async throws(InitialiseFailure) -> FirstSignIn? {
        guard published.projects.isEmpty else { return nil }
        let now = clock.now
        let password = Token.newPassword(randomness: randomness)
        let hash: String
        do { hash = try await hasher.hash(password) } catch { throw .password(error) }
        let organisation = Organisation(
            organisationID: identifiers.make(.organisation, at: now), name: first.organisationName, createdAt: now)
        let project = Project(
            id: first.projectID, organisationID: organisation.organisationID, name: first.projectName,
            calendar: first.calendar, region: first.region, eventsPerSecond: Limits.defaultEventsPerSecond,
            submissionsPerUserPerMinute: Limits.defaultSubmissionsPerUserPerMinute, createdAt: now)
        let member = Member(
            memberID: identifiers.make(.member, at: now), organisationID: organisation.organisationID,
            email: first.adminEmail, role: .owner, passwordHash: hash, createdAt: now)
        let (key, token) = newKey(
            project: project.id, name: "first key", scopes: Set(Principal.Scope.allCases), expiresAt: nil)
        let organisationID = organisation.organisationID
        do {
            let isFirst = try await ledger.applyIfEmpty([
                .createOrganisation(organisation), .createProject(project), .createMember(member), .createKey(key),
                audit("organisation.created", organisationID, organisationID, nil, nil, nil),
                audit("project.created", project.id.text, organisationID, project.id, nil, nil),
                audit("member.created", member.memberID, organisationID, nil, nil, nil),
                audit("key.created", key.keyID, organisationID, project.id, nil, nil),
            ])
            try await published.refresh()
            guard isFirst else { return nil }
        } catch { throw .ledger(error) }
        return FirstSignIn(
            organisationID: organisationID, projectID: project.id, apiKey: token, adminEmail: member.email,
            adminPassword: password)
    }
}

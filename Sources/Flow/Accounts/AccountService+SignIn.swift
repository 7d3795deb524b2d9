package import Events
package import Ports
internal import Telemetry

/// A member's session as the console sees it.
package struct SignedIn: Sendable {
    /// Known only when the session is created.
    package var token: String?
    package var expiresAt: Timestamp
    package var member: Member
    package var organisation: Organisation
    package var projects: [Project]
}

extension AccountService {
    /// Checks email and password and opens a session of twelve hours that each use prolongs.
    package func signIn(email: String, password: String, address: String?) async throws(Problem) -> SignedIn {
        let email = String(email.lowercased().prefix(Limits.emailBytesMax))
        let from = address ?? "unknown"
        if let wait = throttle.begin(email: email, address: from, now: clock.monotonic) {
            let seconds = Int(wait.components.seconds) + 1
            telemetry.emit(SignInRefused(reason: "throttled"))
            throw Problem(
                .signInThrottled, "Too many sign-ins failed. Try again in \((seconds + 59) / 60) minutes.",
                retryAfterSeconds: seconds)
        }
        let member: Member?
        do { member = try await ledger.member(email: email) } catch { throw Self.problem(for: error) }
        guard try await isPassword(password, of: member), let member,
            let organisation = published.organisation(member.organisationID)
        else {
            telemetry.emit(SignInRefused(reason: "wrong"))
            if let member {
                do {
                    try await ledger.apply([
                        audit("sign_in.failed", member.memberID, member.organisationID, nil, nil, address)
                    ])
                } catch { throw Self.problem(for: error) }
            }
            throw Problem(.signInFailed, "The email or the password is wrong.")
        }
        throttle.succeeded(email: email, address: from)
        let now = clock.now
        let token = Token.newSession(randomness: randomness)
        let session = Session(
            sessionID: identifiers.make(.session, at: now), tokenHash: Token.hash(token), memberID: member.memberID,
            createdAt: now, expiresAt: now + Limits.sessionLifetime)
        let principal = published.principal(of: member)
        do {
            try await ledger.apply([
                .removeSessions(expiredBefore: now), .createSession(session),
                audit("session.created", session.sessionID, member.organisationID, nil, principal, address),
            ])
        } catch { throw Self.problem(for: error) }
        published.remember(session, of: member)
        return SignedIn(
            token: token, expiresAt: session.expiresAt, member: member, organisation: organisation,
            projects: projects(of: principal))
    }

    /// An unknown email is compared with a hash that no password has, so that it takes as long as a known one.
    private func isPassword(_ password: String, of member: Member?) async throws(Problem) -> Bool {
        guard Limits.passwordBytes.contains(password.utf8.count) else { return false }
        do throws(PasswordHasher.Failure) {
            guard let member else {
                _ = try await hasher.hash(password)
                return false
            }
            return try await hasher.verify(password, hash: member.passwordHash)
        } catch {
            switch error {
            case .overloaded:
                throw Problem(
                    .overloaded, "Too many people sign in at this moment. Retry in a few seconds.", retryAfterSeconds: 3
                )
            case .argon(let code):
                telemetry.emit(PasswordHashFailed(code: code))
                throw Problem(.internalError, "The password could not be checked. Tell the operator.")
            }
        }
    }

    /// The session behind the header; throws for an API key, which has none.
    package func session(authorization: String?) async throws(Problem) -> SignedIn {
        guard let (session, member) = try await published.session(authorization: authorization),
            let organisation = published.organisation(member.organisationID)
        else {
            throw Problem(.credentialsInvalid, "This needs a session token (dbs_…), not an API key. Sign in first.")
        }
        return SignedIn(
            token: nil, expiresAt: session.expiresAt, member: member, organisation: organisation,
            projects: projects(of: published.principal(of: member)))
    }

    /// Ends the session at once.
    package func signOut(authorization: String?, address: String?) async throws(Problem) {
        guard let (session, member) = try await published.session(authorization: authorization) else {
            throw Problem(.credentialsInvalid, "This needs a session token (dbs_…), not an API key.")
        }
        do {
            try await ledger.apply([
                .endSession(sessionID: session.sessionID),
                audit(
                    "session.ended", session.sessionID, member.organisationID, nil, published.principal(of: member),
                    address),
            ])
        } catch { throw Self.problem(for: error) }
        published.forget(session)
    }
}

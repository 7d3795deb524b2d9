import ArgumentParser
import Assembly
import Foundation
import Settings

/// The exit status is part of the contract: 0 it worked, 1 it failed, 2 wrong use. ArgumentParser's own status for wrong
/// use is 64 (EX_USAGE), so it is translated here, in one place.
func runDaybook() async -> Int32 {
    do {
        let command = try Daybook.parseAsRoot()
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            var synchronous = command
            try synchronous.run()
        }
        return 0
    } catch {
        let code = Daybook.exitCode(for: error)
        let message = Daybook.fullMessage(for: error)
        if code == .success {
            print(message)
            return 0
        }
        if !message.isEmpty { FileHandle.standardError.write(Data((message + "\n").utf8)) }
        return code == .validationFailure || error is SettingsInvalid || error is ProjectUnknown ? 2 : 1
    }
}

exit(await runDaybook())

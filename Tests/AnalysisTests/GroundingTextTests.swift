import Analysis
import Days
import Events
import Ports
import Testing

/// Texts that somebody may have written about one day: what the check makes of them, as shares with thresholds.
///
/// The day: 1,794 attempts, 1,720 succeeded, 74 failed (4.1 %); web_form 312, partner_api 122, call_center 60, bulk_import
/// 1,300; the mean of five days before is 494 attempts, 480 leads, 14 failures (2.8 %).
struct GroundingTextTests {
    private let snapshot = SnapshotFixture.importDay

    private func figures(_ text: String, _ snapshot: DaySnapshot? = nil) throws -> [Grounding.CheckedFigure] {
        Grounding(
            ReportSections(
                executiveSummary: text, userBehaviour: ["x"], systemBehaviour: ["x"], misconfigurationSignals: [],
                confidenceAndScope: "x"), snapshot: snapshot ?? self.snapshot
        ).figures
    }

    static let honest = [
        "There were 1,794 attempts, of which 1,720 succeeded and 74 failed.",
        "On 2026-03-10 the project received 1794 lead submissions.",
        "In total, 1,720 leads were created.",
        "The failure share was 4.1%, against a usual 2.8%.",
        "Before, the mean was 494 attempts a day with a failure share of 2.8%.",
        "Traffic was 3.6 times the usual level.",
        "That is 1,300 more attempts than usual.",
        "Attempts rose by 263% compared with the mean of the 5 days before.",
        "There were 60 more failures than usual.",
        "About 1.8k attempts were made on this day.",
        "Most of the 1,794 attempts came from bulk_import (1,300).",
        "By source: bulk_import (1,300 attempts, failure share 4.6%), web_form (312 attempts, failure share 3.8%) and partner_api (122 attempts, failure share 1.6%).",
        "bulk_import, web_form and partner_api made 1,300, 312 and 122 attempts.",
        "The bulk import made 72.5% of all attempts.",
        "Only 2 of the 122 attempts from partner_api failed.",
        "The call center sent 60 submissions and none failed.",
        "60 attempts from bulk_import failed with phone_invalid.",
        "phone_invalid caused 81.1% of all failures, email_invalid 16.2%.",
        "Failures by code: phone_invalid 60, email_invalid 12 and phone_country_missing 2.",
        "All 74 failures were validation errors.",
        "12 submissions were rejected because of an invalid email.",
        "By channel, email brought 1,240 attempts and organic 372.",
        "The social channel had 60 attempts, all of which failed (100%).",
        "In the hour from 09:00, 82 attempts were made.",
        "1,000 people submitted.",
        "Half of the attempts were answered within 2500 ms.",
        "The p95 was 2.5 s, far above the usual 20 ms.",
        "1,720 attempts succeeded at the first try and 74 failed at it.",
        "The field /user/phone from partner_api was refused 2 times with phone_country_missing.",
        "95.9% of attempts succeeded.",
        "web_form had a quiet day. It made 312 attempts, and 12 of them failed.",
        "Compared with the usual day, 1,240 more leads were created.",
    ]

    /// Each with the figures that nothing supports.
    static let invented: [(text: String, figures: [String])] = [
        ("12 people complained.", ["12"]),
        ("5 servers crashed.", ["5"]),
        ("0 attempts failed.", ["0"]),
        ("Exactly 3 leads were lost to 17 bots.", ["3", "17"]),
        ("60 attempts came from TikTok.", ["60"]),
        ("2 from fax.", ["2"]),
        ("9 users were angry; 21 retried by phone.", ["9", "21"]),
        ("The team opened 14 dashboards.", ["14"]),
        ("22 incidents were opened between 02:00 and 03:00.", ["22"]),
        ("Revenue rose to 74.", ["74"]),
        ("312 attempts came from facebook_ads.", ["312"]),
        ("partner_api made 312 attempts.", ["312"]),
        ("web_form made 1,794 attempts.", ["1,794"]),
        ("call_center had 12 failures.", ["12"]),
        ("email_invalid occurred 60 times.", ["60"]),
        ("At 22:00, 1,300 attempts arrived.", ["1,300"]),
        ("The mean was 1,794 attempts.", ["1,794"]),
        ("There were 60 fewer failures than usual.", ["60"]),
        ("The failure share was 81.1%.", ["81.1%"]),
        ("4.1% of leads were lost.", ["4.1%"]),
        ("0% of attempts failed.", ["0%"]),
        ("72.5% of the attempts came through call_center.", ["72.5%"]),
        ("74 leads were created.", ["74"]),
        ("1,720 attempts failed.", ["1,720"]),
        ("The p95 was 494 ms.", ["494"]),
        ("Half of the attempts were answered within 4 s.", ["4"]),
        ("Attempts fell by 263%.", ["263%"]),
        ("-4 leads were created.", ["-4"]),
        ("5e3 attempts and 0x10 failures.", ["5e3", "0x10"]),
        ("-30% of attempts failed.", ["-30%"]),
        ("The 7 engineers on call handled 24 tickets.", ["7", "24"]),
        ("1,794 devices were infected.", ["1,794"]),
        ("Customers waited 60 minutes.", ["60"]),
    ]

    /// Whoever writes the truth is seldom marked: 5 of 100 figures at most.
    @Test func honestTextsAreSupported() throws {
        var (checked, marked) = (0, [String]())
        for text in Self.honest {
            let found = try figures(text)
            checked += found.count
            marked += found.filter { !$0.isSupported }.map { "\($0.text) in: \(text)" }
        }
        #expect(checked >= 50)
        #expect(marked.count * 20 <= checked, "\(marked.count) of \(checked): \(marked)")
    }

    /// What is invented is marked, although the day has that number somewhere: 95 of 100 figures at least.
    @Test func inventionsAreMarked() throws {
        var (invented, certified) = (0, [String]())
        for (text, wrong) in Self.invented {
            let found = try figures(text)
            for figure in wrong {
                invented += 1
                let mine = found.first { $0.text == figure }
                if mine?.isSupported != false { certified.append("\(figure) as \(mine?.fact ?? "another"): \(text)") }
            }
        }
        #expect(invented >= 35)
        #expect(certified.count * 20 <= invented, "\(certified.count) of \(invented): \(certified)")
    }
}

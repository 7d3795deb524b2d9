/// What a figure can count or measure.
enum Concept: Hashable {
    case attempts, successes, leads, failures, users, days, hours, sources, channels, keys, events, items, tokens, cost
    case milliseconds, seconds, latency, times
}

/// The words by which a sentence says what its figures are about. Closed lists: a word that stands in none of them and
/// directly behind a figure is a subject that no snapshot knows.
enum Vocabulary {
    static func concept(_ word: String) -> Concept? { concepts[word] }

    private static let concepts: [String: Concept] = {
        let words: [(Concept, String)] = [
            (.attempts, "attempt attempts submission submissions request requests try tries traffic volume"),
            (.successes, "success successes succeeded successful successfully accepted conversion conversions"),
            (.leads, "lead leads created"),
            (
                .failures,
                "failure failures failed fail fails failing error errors rejection rejections rejected refusal"
            ),
            (.failures, "refusals refused unsuccessful problem problems"),
            (.users, "user users person persons people submitter submitters customer customers visitor visitors"),
            (.days, "day days"), (.hours, "hour hours"), (.sources, "sources"), (.channels, "channels"),
            (.keys, "keys"), (.events, "event events"), (.items, "item items"), (.tokens, "token tokens input output"),
            (.cost, "usd dollar dollars"), (.milliseconds, "ms millisecond milliseconds"),
            (.seconds, "s sec second seconds"), (.latency, "latency latencies"), (.times, "times time x fold"),
        ]
        var found: [String: Concept] = [:]
        for (concept, list) in words { for word in list.split(separator: " ") { found[String(word)] = concept } }
        return found
    }()

    /// Outcomes that a predicate states: `300 attempts from web_form failed`.
    static let outcomes = set("failed succeeded rejected refused accepted")
    /// Nouns that stand before another one as an attribute: `lead submissions`.
    static let attributes = set("lead user event")

    /// End a phrase.
    static let functions = set(
        """
        a an the this that these those it its they their them he she his her we our you your of in on at to from by for with \
        within without into onto over under between among against during through via across per since until till after \
        before about around roughly than as and or but nor so yet while whereas when where which who whose if because due is \
        are was were be been being has have had do does did can could may might will would should not no none never
        """)
    /// Say nothing about what is counted; everything that ends in -ed or -ly is read like these.
    static let modifiers = set(
        """
        more fewer less other others new different distinct unique total most least active later first further additional \
        extra such same whole all each every only just nearly almost exactly some many much higher lower \
        above below further up down late early busiest quietest anonymous duplicate duplicates again together altogether \
        overall consecutive final single retry retries came went made sent took got arrived hit left ended kept gave grew fell \
        rose met case cases occurrence occurrences instance instances ones entry entries record records row rows hits percent percentage \
        point points share rate ratio part half median mean average usual normal typical baseline trend number count counts
        """)
    /// Where or when, said in general: no subject of their own.
    static let places = set(
        """
        source channel field code category key form forms system store server model call calls hour midnight noon morning afternoon evening night today \
        yesterday week month past previous last next start beginning end top
        """)

    static func isNeutral(_ word: String) -> Bool {
        modifiers.contains(word) || places.contains(word) || word.hasSuffix("ed") || word.hasSuffix("ly")
    }

    /// Of what, said alone, is the share of failures.
    static let shares = set("share rate ratio point points")
    /// What lies behind a day, or is expected of it.
    static let usual = set(
        """
        usual usually mean means average averages averaged normal normally typical typically baseline before previous \
        previously prior past earlier expected trailing
        """)
    /// Directly before a figure they say that it is such a value.
    static let usualOnly = set("usual usually mean average averaged normally typical typically")
    static let rises = set(
        "more higher above up rise rose risen increase increased grew growth gain exceeds exceeded over extra")
    static let falls = set(
        "fewer less lower below down fall fell fallen decrease decreased drop dropped decline declined short under")
    static let differences = set(
        "difference differs differed change changed gap point points deviation against versus compared")
    /// Directly before a figure they say that it is the whole, whatever the sentence names beside it.
    static let wholes = set("of the all total overall altogether")
    /// Bring in where something comes from.
    static let origins = set("from via through")
    /// Begin a clause that says something else than what stands before.
    static let relatives = set("which that who whose where with than as because if when")
    static let conjunctions = set("and but while whereas")

    static func set(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}

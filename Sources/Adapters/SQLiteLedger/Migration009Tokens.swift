internal import GRDB

/// `attempt_tokens`: every word that `attempt_words` knows, once. The beginning of a word is looked up here and asked for as the
/// whole words that begin with it: of those FTS5 reads as many entries as a page needs, of a beginning it reads all.
enum Migration009Tokens {
    static func run(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE attempt_tokens (token TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
                CREATE VIRTUAL TABLE attempt_words_terms USING fts5vocab(attempt_words, row);
                INSERT INTO attempt_tokens (token) SELECT term FROM attempt_words_terms WHERE term NOT LIKE 'zz0%';
                DROP TABLE attempt_words_terms;
                """)
    }
}

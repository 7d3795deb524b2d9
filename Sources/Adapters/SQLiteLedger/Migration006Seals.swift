internal import Events
internal import GRDB
internal import Ports

/// Seals form a chain; days keep the upper part of their Merkle tree, and what verifications found.
///
/// Days that were sealed before are linked here in the order of their dates, without a `leads_root` and unsigned.
enum Migration006Seals {
    static func run(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: triggers)
        try linkEarlierSeals(db)
        for table in ["day_seal_links", "day_trees", "seal_keys", "day_verifications"] {
            try SQLiteLedger.protect(table, in: db)
        }
    }

    private static let tables = """
        CREATE TABLE day_seal_links (
            project_id TEXT NOT NULL,
            position INTEGER NOT NULL CHECK (position >= 1),
            logical_date TEXT NOT NULL,
            leads_root BLOB CHECK (leads_root IS NULL OR length(leads_root) = 32),
            previous_seal_hash BLOB NOT NULL CHECK (length(previous_seal_hash) = 32),
            seal_hash BLOB NOT NULL CHECK (length(seal_hash) = 32),
            signature BLOB CHECK (signature IS NULL OR length(signature) = 64),
            key_id TEXT,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, position),
            UNIQUE (project_id, logical_date),
            CHECK ((signature IS NULL) = (key_id IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE day_trees (
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            first_sequences BLOB NOT NULL,
            nodes BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (project_id, logical_date),
            CHECK (length(nodes) = 4 * length(first_sequences))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE seal_keys (
            key_id TEXT NOT NULL PRIMARY KEY,
            public_key BLOB NOT NULL CHECK (length(public_key) = 32),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE day_verifications (
            position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            project_id TEXT NOT NULL,
            logical_date TEXT NOT NULL,
            passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
            row_count INTEGER NOT NULL,
            result TEXT NOT NULL,
            job_id TEXT,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX day_verifications_by_day ON day_verifications (project_id, logical_date, position);

        CREATE INDEX attempts_late ON attempts (project_id, logical_date, sequence)
            WHERE instr(context, '"late":{') > 0;
        """

    /// The chain is the database's own rule too: dense positions, each naming the hash before it.
    private static let triggers = """
        CREATE TRIGGER day_seal_links_chain BEFORE INSERT ON day_seal_links
        BEGIN
            SELECT RAISE(ABORT, 'day_seal_links is append-only: position must follow the last one without a hole')
            WHERE NEW.position <> 1 + coalesce(
                (SELECT max(position) FROM day_seal_links WHERE project_id = NEW.project_id), 0);
            SELECT RAISE(ABORT, 'day_seal_links: previous_seal_hash must be the seal hash before')
            WHERE NEW.previous_seal_hash <> coalesce(
                (SELECT seal_hash FROM day_seal_links
                    WHERE project_id = NEW.project_id AND position = NEW.position - 1), zeroblob(32));
            SELECT RAISE(ABORT, 'day_seal_links: the day is linked already')
            WHERE EXISTS (SELECT 1 FROM day_seal_links
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        CREATE TRIGGER day_trees_once BEFORE INSERT ON day_trees
        BEGIN
            SELECT RAISE(ABORT, 'day_trees is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM day_trees
                WHERE project_id = NEW.project_id AND logical_date = NEW.logical_date);
        END;
        CREATE TRIGGER seal_keys_once BEFORE INSERT ON seal_keys
        BEGIN
            SELECT RAISE(ABORT, 'seal_keys is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM seal_keys WHERE key_id = NEW.key_id);
        END;
        CREATE TRIGGER day_verifications_once BEFORE INSERT ON day_verifications
        BEGIN
            SELECT RAISE(ABORT, 'day_verifications is append-only: the row exists already')
            WHERE EXISTS (SELECT 1 FROM day_verifications WHERE position = NEW.position);
        END;
        """

    private static func linkEarlierSeals(_ db: Database) throws {
        let seals = try Row.fetchAll(
            db, sql: "SELECT \(SealRow.sealColumns) FROM day_seals ORDER BY project_id, logical_date")
        var tips: [ProjectID: DaySealLink] = [:]
        for row in seals {
            let seal = try SealRow.seal(row, path: "ledger.sqlite")
            let tip = tips[seal.projectID]
            var link = DaySealLink(
                projectID: seal.projectID, date: seal.date, position: (tip?.position ?? 0) + 1, leadsRoot: nil,
                previousSealHash: tip?.sealHash ?? SealStatement.genesis, sealHash: [], signature: nil, keyID: nil,
                linkedAt: seal.sealedAt)
            link.sealHash = seal.statement(link).sealHash
            try SealRow.insert(link, in: db)
            tips[seal.projectID] = link
        }
    }
}

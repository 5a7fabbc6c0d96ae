import GRDB

/// The tables of a metabase file; `docs/metabase.md` describes them for other programs.
enum MetabaseSchema {
  /// “DaSS” in ASCII, in the file's header, so that another program's database is never taken for a metabase.
  static let applicationID = 0x4461_5353

  /// The version this program writes, in the file's `user_version`.
  static let version = 2

  /// Makes the tables of an empty file.
  static func create(in database: GRDB.Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE datasets (
          digest TEXT PRIMARY KEY NOT NULL,
          name TEXT NOT NULL,
          origin TEXT NOT NULL,
          class_count INTEGER NOT NULL,
          height INTEGER NOT NULL,
          width INTEGER NOT NULL,
          channels INTEGER NOT NULL,
          train_count INTEGER NOT NULL,
          test_count INTEGER NOT NULL
        );
        CREATE TABLE teachers (
          digest TEXT PRIMARY KEY NOT NULL,
          name TEXT NOT NULL,
          dataset_digest TEXT NOT NULL REFERENCES datasets (digest),
          space TEXT NOT NULL,
          accuracy REAL NOT NULL
        );
        CREATE TABLE results (
          job_digest TEXT PRIMARY KEY NOT NULL,
          dataset_digest TEXT NOT NULL REFERENCES datasets (digest),
          teacher_digest TEXT NOT NULL REFERENCES teachers (digest),
          student TEXT NOT NULL,
          settings TEXT NOT NULL,
          seed TEXT NOT NULL,
          engine_version TEXT NOT NULL,
          best_accuracy REAL NOT NULL,
          final_accuracy REAL NOT NULL,
          multiply_adds INTEGER NOT NULL,
          parameters INTEGER NOT NULL,
          seconds REAL NOT NULL,
          measured_at INTEGER NOT NULL,
          machine TEXT NOT NULL
        );
        CREATE INDEX results_by_teacher ON results (teacher_digest);
        CREATE INDEX results_by_dataset ON results (dataset_digest);
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        """)
  }

  /// Brings a file of version 1, which did not tell machines apart, to this version.
  static func upgrade(_ database: GRDB.Database) throws {
    try database.execute(
      sql: """
        ALTER TABLE results ADD COLUMN machine TEXT NOT NULL DEFAULT '';
        PRAGMA user_version = \(version);
        """)
  }
}

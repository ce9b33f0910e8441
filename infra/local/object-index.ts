import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ListedObject, ObjectHead, WriteOptions } from '../../shared/ports/store.ts';
import { integer, openDatabase, optionalText, type Row, text, textMap, transaction } from './database.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    version_id TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    last_modified TEXT NOT NULL,
    content_type TEXT,
    tags TEXT NOT NULL,
    buried INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS versions_by_key ON versions (key, id);
  CREATE TABLE IF NOT EXISTS current (key TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS removed (key TEXT PRIMARY KEY, tags TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parted (
    write_id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    begun INTEGER NOT NULL,
    options TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export interface Version extends ObjectHead {
  contentType?: string;
  tags: Readonly<Record<string, string>>;
}

/** A version that may be too old to be kept. */
export interface OldVersion {
  /** grows with each version that is written */
  id: number;
  key: string;
  versionId: string;
  tags: Readonly<Record<string, string>>;
  isCurrent: boolean;
  /** nothing is current under its key */
  isDeleted: boolean;
}

/**
 * Which version of which key is current, in one SQLite file beside the objects. SQLite makes conditional writes atomic
 * between processes, and compares text by its UTF-8 bytes, which is the order in which S3 lists.
 */
export class ObjectIndex {
  readonly database: DatabaseSync;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(path: string) {
    this.database = openDatabase(path, SCHEMA);
    addBuried(this.database);
    this.#sql = prepare(this.database);
  }

  find(key: string, versionId?: string): ObjectHead | undefined {
    const row = versionId === undefined ? this.#sql.current.get(key) : this.#sql.version.get(key, versionId);
    return row === undefined ? undefined : head(row);
  }

  tags(key: string): Record<string, string> | undefined {
    const row = this.#sql.current.get(key);
    return row === undefined ? undefined : textMap(row, 'tags');
  }

  hasVersion(versionId: string): boolean {
    return this.#sql.known.get(versionId) !== undefined;
  }

  /** Makes `version` the current one of its key. Call inside a transaction. */
  add(version: Version): void {
    const { key, versionId, etag, size, lastModified, contentType, tags } = version;
    const { lastInsertRowid } = this.#sql.insert.run(
      key,
      versionId,
      etag,
      size,
      lastModified,
      contentType ?? null,
      JSON.stringify(tags),
    );
    this.#sql.makeCurrent.run(key, lastInsertRowid);
  }

  /** Nothing is current under `key` any more, and no version that it has now ever is again. */
  removeCurrent(key: string): void {
    this.#sql.removeCurrent.run(key);
    this.#sql.bury.run(key);
  }

  /** Everything known of one version, for a copy of it. */
  version(key: string, versionId: string): Version | undefined {
    const row = this.#sql.version.get(key, versionId);
    if (row === undefined) return undefined;
    const contentType = optionalText(row, 'content_type');
    return { ...head(row), tags: textMap(row, 'tags'), ...(contentType === undefined ? {} : { contentType }) };
  }

  setTags(key: string, versionId: string, tags: Readonly<Record<string, string>>): void {
    this.#sql.setTags.run(JSON.stringify(tags), key, versionId);
  }

  /**
   * Forgets one version but for its tags. Call inside a transaction.
   * @returns the version that is current after it, when that has changed; `null` when none is
   */
  removeVersion(key: string, versionId: string): string | null | undefined {
    const wasCurrent = this.find(key)?.versionId === versionId;
    this.#sql.keepTags.run(key, versionId);
    this.#sql.removeVersion.run(key, versionId);
    if (!wasCurrent) return undefined;
    const before = this.#sql.newest.get(key);
    if (before === undefined) {
      this.#sql.removeCurrent.run(key);
      return null;
    }
    this.#sql.makeCurrent.run(key, integer(before, 'id'));
    return text(before, 'version_id');
  }

  /** The tags of the version of `key` that was removed last. */
  removedTags(key: string): Record<string, string> | undefined {
    const row = this.#sql.removedTags.get(key);
    return row === undefined ? undefined : textMap(row, 'tags');
  }

  /** Forgets all but the newest `keep` versions of `key` and returns what it forgot. */
  prune(key: string, keep: number): string[] {
    return this.#sql.prune.all(key, key, keep).map((row) => text(row, 'version_id'));
  }

  /** Versions written before `before` (ISO 8601), in the order of their writing, from just after `afterId`. */
  old(before: string, afterId: number, limit: number): OldVersion[] {
    return this.#sql.old.all(before, afterId, limit).map((row) => ({
      id: integer(row, 'id'),
      key: text(row, 'key'),
      versionId: text(row, 'version_id'),
      tags: textMap(row, 'tags'),
      isCurrent: integer(row, 'is_current') === 1,
      isDeleted: integer(row, 'is_deleted') === 1,
    }));
  }

  /** Forgets a version for good; what is current stays so, unless it was this. Call inside a transaction. */
  expire({ key, versionId, isCurrent }: OldVersion): void {
    if (isCurrent) this.removeCurrent(key);
    this.#sql.removeVersion.run(key, versionId);
  }

  /** One page of current objects after `after` (or from `from` on, inclusive). */
  page(from: string, after: string | undefined, limit: number): ListedObject[] {
    const rows = after === undefined ? this.#sql.pageFrom.all(from, limit) : this.#sql.pageAfter.all(after, limit);
    return rows.map(listed);
  }

  /** A write in parts that is under way; `begun` in epoch ms. */
  beginParted(writeId: string, key: string, begun: number, options: WriteOptions): void {
    this.#sql.beginParted.run(writeId, key, begun, JSON.stringify(options));
  }

  findParted(writeId: string): WriteOptions | undefined {
    const row = this.#sql.findParted.get(writeId);
    return row === undefined ? undefined : JSON.parse(text(row, 'options'));
  }

  removeParted(writeId: string): void {
    this.#sql.removeParted.run(writeId);
  }

  /** Forgets the writes in parts that began before `time` (epoch ms). */
  forgetParted(time: number): void {
    this.#sql.forgetParted.run(time);
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

/** For a file that an earlier version made. */
function addBuried(database: DatabaseSync): void {
  transaction(database, () => {
    const known = database
      .prepare('PRAGMA table_info(versions)')
      .all()
      .some(({ name }) => name === 'buried');
    if (!known) database.exec('ALTER TABLE versions ADD COLUMN buried INTEGER NOT NULL DEFAULT 0');
  });
}

function head(row: Row): ObjectHead {
  return { ...listed(row), versionId: text(row, 'version_id') };
}

function listed(row: Row): ListedObject {
  return {
    key: text(row, 'key'),
    size: integer(row, 'size'),
    etag: text(row, 'etag'),
    lastModified: text(row, 'last_modified'),
  };
}

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    current: sql(`SELECT v.* FROM current c JOIN versions v ON v.id = c.id WHERE c.key = ?`),
    version: sql(`SELECT * FROM versions WHERE key = ? AND version_id = ?`),
    known: sql(`SELECT 1 FROM versions WHERE version_id = ?`),
    insert: sql(`INSERT INTO versions (key, version_id, etag, size, last_modified, content_type, tags)
                 VALUES (?, ?, ?, ?, ?, ?, ?)`),
    makeCurrent: sql(`INSERT INTO current (key, id) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET id = excluded.id`),
    removeCurrent: sql(`DELETE FROM current WHERE key = ?`),
    bury: sql(`UPDATE versions SET buried = 1 WHERE key = ?`),
    setTags: sql(`UPDATE versions SET tags = ? WHERE key = ? AND version_id = ?`),
    keepTags: sql(`INSERT OR REPLACE INTO removed (key, tags)
                   SELECT key, tags FROM versions WHERE key = ? AND version_id = ?`),
    removeVersion: sql(`DELETE FROM versions WHERE key = ? AND version_id = ?`),
    newest: sql(`SELECT * FROM versions WHERE key = ? AND buried = 0 ORDER BY id DESC LIMIT 1`),
    removedTags: sql(`SELECT tags FROM removed WHERE key = ?`),
    prune: sql(`DELETE FROM versions WHERE key = ? AND id NOT IN
                (SELECT id FROM versions WHERE key = ? ORDER BY id DESC LIMIT ?) RETURNING version_id`),
    pageFrom: sql(`SELECT v.* FROM current c JOIN versions v ON v.id = c.id WHERE c.key >= ? ORDER BY c.key LIMIT ?`),
    beginParted: sql(`INSERT INTO parted (write_id, key, begun, options) VALUES (?, ?, ?, ?)`),
    findParted: sql(`SELECT options FROM parted WHERE write_id = ?`),
    removeParted: sql(`DELETE FROM parted WHERE write_id = ?`),
    forgetParted: sql(`DELETE FROM parted WHERE begun < ?`),
    old: sql(`SELECT v.*, EXISTS(SELECT 1 FROM current c WHERE c.id = v.id) AS is_current,
                NOT EXISTS(SELECT 1 FROM current c WHERE c.key = v.key) AS is_deleted
              FROM versions v WHERE v.last_modified < ? AND v.id > ? ORDER BY v.id LIMIT ?`),
    pageAfter: sql(`SELECT v.* FROM current c JOIN versions v ON v.id = c.id WHERE c.key > ? ORDER BY c.key LIMIT ?`),
  };
}

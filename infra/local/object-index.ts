import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ListedObject, ObjectHead } from '../../shared/ports/store.ts';
import { integer, openDatabase, type Row, text, textMap } from './database.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    version_id TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    last_modified TEXT NOT NULL,
    content_type TEXT,
    tags TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS versions_by_key ON versions (key, id);
  CREATE TABLE IF NOT EXISTS current (key TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

export interface Version extends ObjectHead {
  contentType?: string;
  tags: Readonly<Record<string, string>>;
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

  removeCurrent(key: string): void {
    this.#sql.removeCurrent.run(key);
  }

  /** Forgets all but the newest `keep` versions of `key` and returns what it forgot. */
  prune(key: string, keep: number): string[] {
    return this.#sql.prune.all(key, key, keep).map((row) => text(row, 'version_id'));
  }

  /** One page of current objects after `after` (or from `from` on, inclusive). */
  page(from: string, after: string | undefined, limit: number): ListedObject[] {
    const rows = after === undefined ? this.#sql.pageFrom.all(from, limit) : this.#sql.pageAfter.all(after, limit);
    return rows.map(listed);
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
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
    prune: sql(`DELETE FROM versions WHERE key = ? AND id NOT IN
                (SELECT id FROM versions WHERE key = ? ORDER BY id DESC LIMIT ?) RETURNING version_id`),
    pageFrom: sql(`SELECT v.* FROM current c JOIN versions v ON v.id = c.id WHERE c.key >= ? ORDER BY c.key LIMIT ?`),
    pageAfter: sql(`SELECT v.* FROM current c JOIN versions v ON v.id = c.id WHERE c.key > ? ORDER BY c.key LIMIT ?`),
  };
}

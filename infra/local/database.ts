import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { guardSync } from './storage-error.ts';

/**
 * Opens a SQLite file so that what is committed survives a kill and a power cut (WAL, synchronous=FULL).
 * Other processes may open the same file: they wait for each other up to 10 s.
 * Source: https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function openDatabase(path: string, schema: string): DatabaseSync {
  return guardSync('open', path, () => {
    const database = new DatabaseSync(path, { timeout: 10_000 });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      database.exec(schema);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs `act` in a transaction that takes the write lock at once, so that what it reads stays true until it commits. */
export function transaction<T>(database: DatabaseSync, act: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = act();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** One row as `node:sqlite` gives it. */
export type Row = Record<string, SQLOutputValue>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds no text`);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`Column ${column} holds no number`);
  return value;
}

/** A column of JSON whose values are all text (attributes, tags); written by us, so only its shape is checked. */
export function textMap(row: Row, column: string): Record<string, string> {
  const parsed: unknown = JSON.parse(text(row, column));
  if (typeof parsed !== 'object' || parsed === null) throw new TypeError(`Column ${column} holds no map`);
  const map: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) map[name] = String(value);
  return map;
}

import type { List } from '../engine/list.ts';
import { Module } from '../engine/module.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { Spool, Spooled } from '../engine/spool.ts';
import { madeUpRows } from './made-up-rows.ts';

/** How an export writes. */
export interface ExportFormat {
  separator: string;
  encoding: 'UTF-8' | 'ISO-8859-1' | 'UTF-16LE';
  omitEmpty: boolean;
  /** so many bytes of made-up rows instead of what is in the model */
  bytes?: number | undefined;
}

/** The header row of an export of this list or module. */
export function exportHeaders(from: List | Module): string[] {
  if (from instanceof Module) {
    return [...from.dimensions.map((each) => each.name), ...from.lineItems.map((each) => each.name)];
  }
  return [from.name, 'Parent', 'Code', ...from.properties.keys()];
}

/** Reads the cells or members back into a file, one row for each combination or member. */
export async function runExport(
  from: List | Module,
  name: string,
  format: ExportFormat,
  spool: Spool,
): Promise<{ outcome: Outcome; file: Spooled }> {
  const file =
    format.bytes === undefined
      ? await spool.keep(encoded(from, format))
      : spool.madeUp(format.bytes, madeUpRows(exportHeaders(from), format.separator, BUFFER[format.encoding]));
  const detail = {
    type: 'exportSucceeded' as const,
    occurrences: 0,
    values: { exportName: name, fileSize: file.bytes },
  };
  return { outcome: { successful: true, ran: true, details: [detail] }, file };
}

const BUFFER: Record<ExportFormat['encoding'], BufferEncoding> = {
  'UTF-8': 'utf8',
  'ISO-8859-1': 'latin1',
  'UTF-16LE': 'utf16le',
};

function* encoded(from: List | Module, format: ExportFormat): Generator<Buffer> {
  let text = '';
  for (const row of rowsOf(from, format.omitEmpty)) {
    text += `${row.map((cell) => quoteIfNeeded(cell, format.separator)).join(format.separator)}\n`;
    if (text.length < 64 * 1024) continue;
    yield Buffer.from(text, BUFFER[format.encoding]);
    text = '';
  }
  yield Buffer.from(text, BUFFER[format.encoding]);
}

function* rowsOf(from: List | Module, omitEmpty: boolean): Generator<string[]> {
  yield exportHeaders(from);
  if (!(from instanceof Module)) {
    for (const item of from.items) {
      const properties = [...from.properties.keys()].map((property) => item.properties.get(property) ?? '');
      yield [item.name, item.parent?.name ?? '', item.code, ...properties];
    }
    return;
  }
  for (const { key, labels } of from.places()) {
    const values = from.lineItems.map((item) => from.get(item, key));
    if (omitEmpty && values.every((value) => value === undefined)) continue;
    yield [...labels, ...values.map((value) => (value === undefined ? '' : String(value)))];
  }
}

function quoteIfNeeded(cell: string, separator: string): string {
  return /["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

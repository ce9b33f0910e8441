import { hideSecrets } from '../observe/index.ts';
import type { Reason } from './diagnosis.ts';
import { type DumpRow, readDumpRows } from './dump-rows.ts';
import type { DumpSummary } from './dump-summary.ts';
import { createTextReader, type ErrorText, likeName } from './dump-texts.ts';
import { createMemberCollector } from './missing-members.ts';
import { excerpt } from './words.ts';

export type { DumpSummary, MissingMembers } from './dump-summary.ts';

export interface SummariseOptions {
  /** how many reasons are listed; the rest is counted in `otherMessages` */
  topReasons?: number;
  /** how many samples each reason shows */
  samples?: number;
}

const MAX_GROUPS = 1_000;
const MAX_COLUMNS = 2_000;
const SHOWN_VALUES = 6;
const VALUE_LENGTH = 120;

interface Layout {
  status: number;
  line: number;
  errors: readonly number[];
  /** the source's own columns, by index */
  source: readonly Column[];
  width: number;
  /** the column each text was last found to be about */
  last: Map<string, Column>;
}

interface Column {
  index: number;
  name: string;
}

interface Group {
  code: string | undefined;
  text: string;
  severity: Reason['severity'];
  count: number;
  columns: Map<string, number>;
  samples: { line: number; values: string[] }[];
}

/**
 * What a dump says, streamed: its size does not matter. Reasons are counted by code, the values that Anaplan appends
 * taken off (anaplan-notes: Dumps). Whatever the bytes are, a summary comes back, with `unreadable` where it is not the
 * whole truth; only errors of reading `bytes` are thrown. Secrets that this process knows are hidden in it.
 */
export async function summariseDump(
  bytes: AsyncIterable<Uint8Array>,
  options: SummariseOptions = {},
): Promise<DumpSummary> {
  const { topReasons = 10, samples = 3 } = options;
  const counting = createCounting(samples);
  const stopped = await readDumpRows(bytes, counting.row);
  return counting.summary(topReasons, stopped);
}

function createCounting(maxSamples: number) {
  const read = createTextReader();
  const members = createMemberCollector();
  const groups = new Map<string, Group>();
  let layout: Layout | undefined;
  let rows = 0;
  let rejected = 0;
  let warned = 0;
  let messages = 0;
  let lines: { first: number; last: number } | undefined;

  function row(fields: DumpRow): void {
    if (layout === undefined) {
      layout = layoutOf(fields);
      return;
    }
    rows += 1;
    const severity =
      layout.status >= 0 && fields.field(layout.status).trim().toUpperCase() === 'W' ? 'warned' : 'rejected';
    const line = lineOf(fields.field(layout.line));
    if (severity === 'warned') warned += 1;
    else {
      rejected += 1;
      if (line > 0) lines = { first: Math.min(lines?.first ?? line, line), last: Math.max(lines?.last ?? line, line) };
    }
    for (const index of layout.errors) reason(fields, layout, fields.field(index), severity, line);
    // Later rows may have more errors than the header has columns.
    for (let index = layout.width; index < fields.width; index += 1)
      reason(fields, layout, fields.field(index), severity, line);
  }

  function reason(fields: DumpRow, of: Layout, text: string, severity: Reason['severity'], line: number): void {
    if (text.trim() === '') return;
    messages += 1;
    const error = read(text);
    const column = columnOf(fields, of, error);
    if (error.category === 'missing-members') members.add(error.list, error.value ?? fields.field(column?.index ?? -1));
    const key = `${severity} ${error.code} ${error.groupText}`;
    let group = groups.get(key);
    if (group === undefined) {
      if (groups.size >= MAX_GROUPS) return;
      group = { code: error.code, text: error.groupText, severity, count: 0, columns: new Map(), samples: [] };
      groups.set(key, group);
    }
    group.count += 1;
    if (column !== undefined && (group.columns.has(column.name) || group.columns.size < 20)) {
      group.columns.set(column.name, (group.columns.get(column.name) ?? 0) + 1);
    }
    if (group.samples.length < maxSamples) addSample(group, fields, of, error, column, line);
  }

  function summary(topReasons: number, stopped: string | undefined): DumpSummary {
    const sorted = [...groups.values()].sort(
      (a, b) => b.count - a.count || a.severity.localeCompare(b.severity) || a.text.localeCompare(b.text),
    );
    const top = sorted.slice(0, Math.max(0, topReasons));
    const isNoDump = layout !== undefined && layout.status < 0 && layout.line < 0 && layout.errors.length === 0;
    const unreadable = stopped ?? (isNoDump ? 'it has none of the columns of a failure dump' : undefined);
    return {
      header: layout?.source.map(({ name }) => hideSecrets(name)) ?? [],
      rows,
      rejected,
      warned,
      hasStatus: layout === undefined || layout.status >= 0,
      reasons: top.map(reasonOf),
      otherMessages: messages - top.reduce((sum, group) => sum + group.count, 0),
      missingMembers: members.all().map(({ list, members: names, ...rest }) => ({
        ...(list === undefined ? {} : { list: hideSecrets(list) }),
        members: names.map(hideSecrets),
        ...rest,
      })),
      ...(lines === undefined ? {} : { lines }),
      ...(unreadable === undefined ? {} : { unreadable }),
    };
  }

  return { row, summary };
}

/** The header of a dump: `_Status_`, the source's columns, `_Line_`, `_Error_1_` … (anaplan-notes: Dumps). */
function layoutOf(header: DumpRow): Layout {
  const names = Array.from({ length: Math.min(header.width, MAX_COLUMNS) }, (_, index) => header.field(index).trim());
  const errors = names.flatMap((name, index) => (/^_Error_\d+_$/i.test(name) ? [index] : []));
  const status = names.findIndex((name) => /^_Status_$/i.test(name));
  const line = names.findIndex((name) => /^_Line_$/i.test(name));
  const own = new Set([status, line, ...errors]);
  const source = names.flatMap((name, index) => (own.has(index) ? [] : [{ index, name: excerpt(name, VALUE_LENGTH) }]));
  return { status, line, errors, source, width: header.width, last: new Map() };
}

function lineOf(field: string): number {
  return /^\s*\d{1,12}\s*$/.test(field) ? Number(field) : 0;
}

/** The column a message is about: the one that holds the value it names, or whose header is the list it names. */
function columnOf(fields: DumpRow, { source, last }: Layout, error: ErrorText): Column | undefined {
  const { value } = error;
  if (value !== undefined && value !== '') {
    // Nearly always the column it was in the row before.
    const before = last.get(error.groupText);
    if (before !== undefined && fields.field(before.index).trim() === value) return before;
    const found = source.find(({ index }) => fields.field(index).trim() === value);
    if (found !== undefined && last.size < MAX_GROUPS) last.set(error.groupText, found);
    return found;
  }
  const { subject } = error;
  return subject === undefined ? undefined : source.find(({ name }) => likeName(name) === subject);
}

function addSample(
  group: Group,
  fields: DumpRow,
  of: Layout,
  error: ErrorText,
  column: Column | undefined,
  line: number,
): void {
  const value = error.value ?? (column === undefined ? undefined : fields.field(column.index));
  const values =
    value === undefined ? of.source.slice(0, SHOWN_VALUES).map(({ index }) => fields.field(index)) : [value];
  const shown = values.map((each) => excerpt(each, VALUE_LENGTH));
  // The same value again would tell nothing new.
  if (
    group.samples.some(
      (sample) => sample.values.length === shown.length && sample.values.every((each, i) => each === shown[i]),
    )
  )
    return;
  group.samples.push({ line, values: shown });
}

function reasonOf(group: Group): Reason {
  return {
    ...(group.code === undefined ? {} : { code: group.code }),
    text: hideSecrets(group.text),
    count: group.count,
    severity: group.severity,
    columns: [...group.columns].sort(([, a], [, b]) => b - a).map(([name]) => hideSecrets(name)),
    samples: group.samples.map(({ line, values }) => ({ line, values: values.map(hideSecrets) })),
  };
}

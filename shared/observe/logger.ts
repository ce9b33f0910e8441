import { redact } from './redact.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What goes with a message: ids, counts, an `error`. Redacted on the way out, whatever is put in. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its entries. */
  child(fields: LogFields): Logger;
}

export interface LogEntry {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** Builds a logger on one function that takes finished, redacted entries of at least `level`. */
export function loggerOn(emit: (entry: LogEntry) => void, level: LogLevel = 'info', fixed: LogFields = {}): Logger {
  const at =
    (entryLevel: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(entryLevel) < LOG_LEVELS.indexOf(level)) return;
      const clean = redact({ message, fields: { ...fixed, ...fields } });
      emit({ level: entryLevel, ...(clean as { message: string; fields: LogFields }) });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => loggerOn(emit, level, { ...fixed, ...fields }),
  };
}

/**
 * One JSON line per entry: `{ time, level, message, …fields }`, to standard error, because standard output belongs to the
 * answer of a command.
 */
export function jsonLogger(
  write: (line: string) => void = (line) => void process.stderr.write(line),
  level: LogLevel = 'info',
  now: () => number = Date.now,
): Logger {
  return loggerOn(({ level: entryLevel, message, fields }) => {
    const head = { time: new Date(now()).toISOString(), level: entryLevel, message };
    write(`${JSON.stringify({ ...head, ...fields, ...head })}\n`);
  }, level);
}

/** Keeps its entries, for tests that read what was said. */
export function memoryLogger(level: LogLevel = 'debug'): Logger & { readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  return { ...loggerOn((entry) => void entries.push(entry), level), entries };
}

/** Says nothing. */
const nothing = () => {};
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};

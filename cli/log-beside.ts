import { sentence } from '../shared/diagnosis/words.ts';
import { jsonLogger, type LogEntry, type Logger, type LogLevel, loggerOn } from '../shared/observe/logger.ts';

/**
 * The log of a command that tells its progress on standard error: sentences where a person reads that on a terminal, and else JSON, one
 * object a line, for the program or file that takes it.
 */
export function logBeside(
  say: (line: string) => void,
  level: LogLevel,
  {
    json = false,
    isTerminal = process.stderr.isTTY === true,
  }: { json?: boolean | undefined; isTerminal?: boolean } = {},
): Logger {
  return json || !isTerminal
    ? jsonLogger((line) => say(line.trimEnd()), level)
    : loggerOn((entry) => say(inWords(entry)), level);
}

/** `Warning: upload-file gave 1 of 1 messages back (queue upload).` */
function inWords({ level, message, fields }: LogEntry): string {
  const { error, ...rest } = fields;
  const said = Object.entries(rest).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [`${name} ${value}`] : [],
  );
  const because = reasonIn(error);
  const about = said.length === 0 ? '' : ` (${said.join(', ')})`;
  const reason = because === undefined ? '.' : `: ${sentence(because)}`;
  return `${level === 'error' ? 'Error' : 'Warning'}: ${message.replace(/\.$/, '')}${about}${reason}`;
}

/** What an error says; a logger has made plain data of it. */
function reasonIn(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message);
}

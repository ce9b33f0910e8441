import { redact, redactText } from '../../shared/observe/redact.ts';
import type { Store } from '../../shared/ports/store.ts';
import { outcomeOf } from '../../shared/run/outcome.ts';
import { type KeptRequests, readRequests } from '../../shared/run/read-requests.ts';
import type { Run } from '../../shared/run/run.ts';
import { requestTable } from './request-table.ts';

/** A file of a bundle, with what it is. */
export interface BundleFile {
  name: string;
  what: string;
  content: Uint8Array;
}

const DUMPS = 'dumps/';
/** More of a dump helps nobody, and a bundle has to go through a form. */
const DUMPS_AT_MOST_BYTES = 50 * 1024 * 1024;

/**
 * Everything that is kept of a run, as files: redacted once more, because it leaves the house. Rejected rows are the customer's data, and
 * are left out unless `withDumps`; single values that Anaplan quoted, above all names of missing members, say what happened and stay.
 */
export async function collectFiles(
  run: Run,
  state: Store,
  { withDumps }: { withDumps: boolean },
): Promise<{ files: BundleFile[]; requests: KeptRequests }> {
  const requests = await readRequests(state, run);
  const left = withDumps ? ['scan'] : ['scan', 'samples'];
  const shown = (value: unknown) => without(left, value);
  const files = [
    json('ledger.json', 'the ledger of the run: all that Plandrop knows of it', shown(run)),
    json('outcome.json', 'what the run came to', shown(outcomeOf(run))),
    text('requests.txt', 'every request, one line each', requestTable(requests.requests)),
    text(
      'requests.jsonl',
      'the same with request and answer bodies, each to 4 KB, one JSON object a line',
      requests.requests.map((request) => `${JSON.stringify(redact(request))}\n`).join(''),
    ),
  ];
  const report = await state.get(`failures/${run.runId}.json`);
  if (report !== undefined)
    files.push(json('failure-report.json', 'the failure report', shown(parsed(new TextDecoder().decode(report.body)))));
  const tasks = run.steps.flatMap(({ task }, i) =>
    task === null ? [] : [{ step: i + 1, action: run.pipeline?.steps[i]?.name, ...task }],
  );
  if (tasks.length > 0) files.push(json('task-output.json', 'what each task said last, with its result', shown(tasks)));
  const dumps = run.steps.flatMap(({ result }) => result?.dumps ?? []);
  if (dumps.length > 0) {
    const what = `where the failure dumps are kept${withDumps ? '' : '; their rows are left out: --with-dumps takes them in'}`;
    files.push(json('dumps.json', what, dumps));
    if (withDumps) files.push(...(await dumpFiles(run, state)));
  }
  return { files, requests };
}

/** Whether the dumps themselves are among the files: they alone are not redacted. */
export function hasDumps(files: readonly Pick<BundleFile, 'name'>[]): boolean {
  return files.some(({ name }) => name.startsWith(DUMPS));
}

/** The dumps themselves, byte for byte, as far as there is room. */
async function dumpFiles({ runId }: Run, state: Store): Promise<BundleFile[]> {
  const files: BundleFile[] = [];
  let room = DUMPS_AT_MOST_BYTES;
  for await (const { key, size } of state.list(`dumps/${runId}/`)) {
    const bytes = Math.min(size, room);
    room -= bytes;
    const content = await state.getRange(key, { start: 0, end: bytes });
    const what = bytes < size ? `the first ${bytes} of ${size} bytes of a failure dump` : 'a failure dump';
    files.push({ name: `${DUMPS}${key.slice(key.lastIndexOf('/') + 1)}`, what, content });
  }
  return files;
}

function json(name: string, what: string, value: unknown): BundleFile {
  return text(name, what, `${JSON.stringify(redact(value), null, 1)}\n`);
}

/** The last word before it leaves: whatever was put together above goes through here. */
export function text(name: string, what: string, content: string): BundleFile {
  return { name, what, content: Buffer.from(redactText(content)) };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

/** A saved scan holds the first bytes of the file, and samples hold rows: left out wherever they stand. */
function without(names: readonly string[], value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, inner) => (names.includes(name) ? null : inner)));
}

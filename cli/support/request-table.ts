import type { JournaledRequest } from '../../shared/run/request-journal.ts';

/** The requests as a person reads them: one line each, in the order in which they were sent. Times are UTC. */
export function requestTable(requests: readonly JournaledRequest[]): string {
  const head = [
    'sent at (UTC)',
    'ms',
    'status',
    'method',
    'path',
    'sent bytes',
    'answer bytes',
    'request id',
    'remark',
  ];
  const rows = requests.map(
    ({ at, ms, status, method, path, requestBytes, requestBody, responseBytes, requestId, problem }) => [
      at,
      String(Math.round(ms)),
      status === undefined ? 'none' : String(status),
      method,
      path,
      String(requestBytes ?? (requestBody === undefined ? 0 : Buffer.byteLength(requestBody))),
      String(responseBytes ?? 0),
      requestId ?? '',
      problem?.replace(`${method} ${path} `, '').replace(`${method} ${path}: `, '') ?? '',
    ],
  );
  return aligned([head, ...rows]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.replaceAll(/\s+/g, ' ').padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

const MOST_STEPS = 60;

/** What somebody would have to send to see the same: each request, with its repetitions in one line. `modelPath` is written as {model}. */
export function asSteps(requests: readonly JournaledRequest[], modelPath: string | undefined): string[] {
  const groups: { line: string; statuses: Map<string, number> }[] = [];
  for (const { call, method, path, status, host, requestBody } of requests) {
    const [bare = ''] = path.split('?');
    const where =
      modelPath !== undefined && bare.startsWith(`${modelPath}/`) ? `{model}${bare.slice(modelPath.length)}` : bare;
    const told = `${method} ${call === 'sign-in' ? host : ''}${where.replace(/\/chunks\/\d+$/, '/chunks/{number}')}`;
    const line = requestBody === undefined ? told : `${told} with ${requestBody}`;
    const answer = status === undefined ? 'no answer' : String(status);
    const last = groups.at(-1);
    const group = last?.line === line ? last : { line, statuses: new Map<string, number>() };
    if (group !== last) groups.push(group);
    group.statuses.set(answer, (group.statuses.get(answer) ?? 0) + 1);
  }
  const steps = groups.map(({ line, statuses }) => {
    const answers = [...statuses].map(([answer, times]) => (times === 1 ? answer : `${answer} (${times} times)`));
    return `${line}: ${answers.join(', ')}`;
  });
  if (steps.length <= MOST_STEPS) return steps;
  return [...steps.slice(0, MOST_STEPS - 1), `… and ${steps.length - MOST_STEPS + 1} more, in requests.txt`];
}

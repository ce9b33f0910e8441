import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zipSync } from 'fflate';
import { describe, it } from 'vitest';
import { createSimulator } from '../../simulator/index.ts';
import { Canary, SecretFound } from './canary.ts';

/** A search that finds nothing would prove nothing, were it not known to find. */

const LEAKS = 'whoever reads this may sign in: ';
const KEY_LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const bytes = (text: string) => new TextEncoder().encode(text);

async function scene() {
  const simulator = await createSimulator({ seed: 'canary' });
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-canary-'));
  const authorization = `Basic ${btoa(`${simulator.user}:${simulator.password}`)}`;
  const signIn = new Request('http://anaplan/token/authenticate', { method: 'POST', headers: { authorization } });
  await simulator.fetch(signIn);
  const [token = ''] = simulator.secrets().slice(simulator.users.length);
  const canary = new Canary(simulator);
  return {
    canary,
    folder,
    basic: authorization.slice('Basic '.length),
    password: simulator.password,
    token,
    async [Symbol.asyncDispose]() {
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

describe.concurrent('a secret is found', () => {
  it.for<[string, (at: Scene) => unknown]>([
    ['in what was printed', ({ canary, token }) => canary.saw('stdout', LEAKS + token)],
    ['in what was printed as JSON', ({ canary, password }) => canary.saw('stdout', JSON.stringify({ password }))],
    ['in an address', ({ canary, password }) => canary.saw('an alert', `?p=${encodeURIComponent(password)}`)],
    ['in a header of a sign-in', ({ canary, basic }) => canary.saw('the log', basic)],
    ['in a file', ({ folder, token }) => writeFile(join(folder, 'ledger.json'), LEAKS + token)],
    [
      'in a large file, wherever it is cut into pieces',
      ({ folder, token }) => writeFile(join(folder, 'big'), `${'x'.repeat(4 * 1024 * 1024 - 10)}${token}`),
    ],
    [
      'in a member of a zip',
      ({ folder, token }) => writeFile(join(folder, 'a.zip'), zipSync({ 'b.txt': bytes(LEAKS.repeat(50) + token) })),
    ],
    [
      'in a compressed file',
      ({ folder, token }) => writeFile(join(folder, 'a.csv.gz'), gzipSync(bytes(LEAKS.repeat(50) + token))),
    ],
    ['in a database, also where it is spread over pages', ({ folder, token }) => fill(join(folder, 'q.sqlite'), token)],
    [
      'in a line of a private key',
      async ({ canary, folder }) => {
        canary.hide(`-----BEGIN PRIVATE KEY-----\n${KEY_LINE}\n-----END PRIVATE KEY-----\n`);
        await writeFile(join(folder, 'support.txt'), KEY_LINE);
      },
    ],
    [
      'in a kept refresh token that others can read',
      async ({ folder }) => {
        await writeFile(join(folder, 'refresh-token.json'), '{}');
        await chmod(join(folder, 'refresh-token.json'), 0o644);
      },
    ],
  ])('%s', async ([, leak], { expect }) => {
    await using at = await scene();
    await leak(at);
    const found = await at.canary.search(at.folder).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(SecretFound);
    expect(at.token.length).toBeGreaterThan(20);
    expect(String(found)).not.toContain(at.token);
  });

  it('nowhere, when nothing was written', async ({ expect }) => {
    await using at = await scene();
    await writeFile(join(at.folder, 'ledger.json'), LEAKS);
    await fill(join(at.folder, 'q.sqlite'), '');
    at.canary.saw('stdout', 'succeeded');
    await expect(at.canary.search(at.folder)).resolves.toBeUndefined();
  });
});

/** Rows so long that SQLite cuts them, with the token in each. */
async function fill(path: string, token: string): Promise<void> {
  using database = new DatabaseSync(path);
  database.exec('create table messages (body text)');
  const insert = database.prepare('insert into messages values (?)');
  insert.run(`${'y'.repeat(6000)}${token}`);
}

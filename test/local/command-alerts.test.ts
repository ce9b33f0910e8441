import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandAlerts } from '../../infra/local/command-alerts.ts';
import { registerSecret } from '../../shared/observe/redact.ts';
import type { Alert } from '../../shared/ports/alerts.ts';

const ALERT: Alert = {
  id: '20260302-1',
  subject: 'Plandrop: sales failed (mapping)',
  text: 'File sales/märz.csv was not loaded.\n',
  pipeline: 'sales',
  model: 'FY26 Plan',
  run: '20260302-1',
  category: 'mapping',
  outcome: 'failed',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plandrop-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const told = async (name: string) => readFile(join(folder, name), 'utf8');

describe('the command of notify', () => {
  it('gets the words on its standard input and the rest as JSON, in the folder of the configuration', async () => {
    await commandAlerts('cat >words; printf %s "$PLANDROP_ALERT" >json', { folder }).publish(ALERT);
    expect(await told('words')).toBe(`${ALERT.subject}\n\n${ALERT.text}`);
    const { text: _, ...rest } = ALERT;
    expect(JSON.parse(await told('json'))).toEqual(rest);
  });

  it('gets our environment without our credentials', async () => {
    const env = { ...process.env, ANAPLAN_PASSWORD: 'not for you', ANAPLAN_API_URL: 'x', SLACK_CHANNEL: '#plans' };
    await commandAlerts('env >env', { folder, env }).publish(ALERT);
    expect(await told('env')).toContain('SLACK_CHANNEL=#plans');
    expect(await told('env')).not.toMatch(/ANAPLAN|not for you/);
  });

  it('may leave its input unread, and something running', async () => {
    const long = { ...ALERT, text: 'x'.repeat(1_000_000) };
    await commandAlerts('sleep 3 & exit 0', { folder }).publish(long);
  });

  it.each([
    ['has failed when it says so', 'echo no network >&2; exit 3', 'ended with exit code 3; it said: no network'],
    ['has failed when it is not there', './nowhere.sh', 'ended with exit code 127; it said: '],
    ['has failed when it is killed', 'kill -9 $$', 'ended by SIGKILL'],
  ])('%s', async (_, command, words) => {
    await expect(commandAlerts(command, { folder }).publish(ALERT)).rejects.toThrow(words);
  });

  it('is not quoted with a secret', async () => {
    registerSecret('xoxb-123456789');
    const publish = commandAlerts('echo xoxb-123456789 >&2; exit 1', { folder }).publish(ALERT);
    await expect(publish).rejects.toThrow('it said: [redacted]');
  });

  it('is killed with what it started when it takes too long', async () => {
    await writeFile(join(folder, 'slow.sh'), 'echo waiting >&2; sleep 30; echo late >late');
    const publish = commandAlerts('sh slow.sh; echo later >late', { folder, timeoutMs: 300 }).publish(ALERT);
    await expect(publish).rejects.toThrow('was killed: it had not ended after 0.3 s; it said: waiting');
    await expect(told('late')).rejects.toThrow('ENOENT');
  });

  it('that cannot be started has failed', async () => {
    await expect(commandAlerts('true', { folder: join(folder, 'gone') }).publish(ALERT)).rejects.toThrow(
      'could not be started (ENOENT)',
    );
  });
});

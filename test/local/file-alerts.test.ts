import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileAlerts } from '../../infra/local/file-alerts.ts';
import type { Alert } from '../../shared/ports/alerts.ts';

it('keeps each alert as a line of alerts.jsonl, and hands it on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plandrop-alerts-'));
  const heard: Alert[] = [];
  const alerts = fileAlerts(folder, (alert) => heard.push(alert));
  const sent = [
    { id: 'failure-r1', subject: 'sales-actuals failed', text: 'The model is archived.\nUnarchive it.' },
    { id: 'failure-r2', subject: 'März', text: '😀' },
  ];
  for (const alert of sent) await alerts.publish(alert);
  const lines = (await readFile(join(folder, 'alerts.jsonl'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(sent);
  expect(heard).toEqual(sent);
  await rm(folder, { recursive: true });
  await expect(alerts.publish({ id: 'x', subject: 'x', text: 'x' })).rejects.toThrow(
    `Cannot write ${join(folder, 'alerts.jsonl')}: it is not there.`,
  );
});

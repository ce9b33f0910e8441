import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireDropsApart } from '../../cli/drops-apart.ts';
import { plandrop } from '../end-to-end/plandrop.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plandrop-'));
  await mkdir(join(folder, 'drops'));
  await symlink('drops', join(folder, 'link'));
});
afterEach(() => rm(folder, { recursive: true }));

const BESIDE = { drops: 'drops', config: 'plandrop.yaml', dataDir: '.plandrop' };

function asked(changes: Partial<typeof BESIDE>) {
  const paths = { ...BESIDE, ...changes };
  return () =>
    requireDropsApart({
      drops: join(folder, paths.drops),
      config: join(folder, paths.config),
      dataDir: join(folder, paths.dataDir),
    });
}

describe('the folder of drops', () => {
  it.each([
    ['the folder of the configuration', { drops: '.' }, 'the configuration'],
    ['a folder above the configuration', { config: 'drops/a/plandrop.yaml' }, 'the configuration'],
    ['the folder of the configuration by a link', { config: 'link/plandrop.yaml' }, 'the configuration'],
    ['the data folder', { dataDir: 'drops' }, 'the data folder'],
    ['a folder above the data folder', { dataDir: 'drops/data' }, 'the data folder'],
    ['a folder in the data folder', { dataDir: 'data', drops: 'data/drops' }, 'it is in the data folder'],
    ['a folder in the hidden data folder', { drops: '.plandrop/drops' }, 'it is in the data folder'],
  ])('may not be %s', (_, changes, why) => {
    expect(asked(changes)).toThrow(why);
  });

  it('may not hold the lock file', async () => {
    const hidden = asked({ config: 'drops/.plandrop.yaml' });
    expect(hidden).not.toThrow();
    await writeFile(join(folder, 'drops/plandrop.lock.json'), '{}');
    expect(hidden).toThrow('the lock file');
  });

  it.each([
    ['beside the others', {}],
    ['around the hidden data folder, which is never taken', { dataDir: 'drops/.plandrop' }],
    ['around a hidden configuration', { config: 'drops/.config/plandrop.yaml' }],
    ['beside a folder whose name begins like it', { dataDir: 'drops-data', config: 'drops.yaml' }],
    ['not there yet', { drops: 'new/drops' }],
  ])('may be %s', (_, changes) => {
    expect(asked(changes)).not.toThrow();
  });
});

it('plandrop local refuses to take its own configuration, before anything is begun', async () => {
  const config = 'pipelines: { a: { workspace: w, model: m, on: { drop: "a/*.csv" }, steps: [{ import: x }] } }\n';
  await writeFile(join(folder, 'plandrop.yaml'), config);
  const told = await plandrop(['local', '--drops', '.'], {}, folder);
  expect(told).toMatchObject({ code: 64, stdout: '' });
  expect(told.stderr).toContain('. cannot be watched for drops: the configuration plandrop.yaml is in it');
  expect(await readdir(folder)).toEqual(['drops', 'link', 'plandrop.yaml']);
  expect(existsSync(join(folder, 'taken'))).toBe(false);
});

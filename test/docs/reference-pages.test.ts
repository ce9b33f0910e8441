import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import * as offered from '../../packaging/anaplan.ts';
import { CALLS } from '../../shared/anaplan/index.ts';
import { createSimulator, parseScenario, parseTenant } from '../../simulator/index.ts';
import { scenarioSchema } from '../../simulator/weather/scenario.ts';
import { type Example, examplesOf, expectedOutput, PAGES, programs } from './examples.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLIENT = 'docs/anaplan-client.md';
const SIMULATOR = 'docs/simulator.md';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plandrop-examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs an example with the sources where a reader has the package. @returns what it printed */
async function printed({ name, code }: Example): Promise<string> {
  const path = join(folder, `${name}.mts`);
  const sources = (_: string, entry: string) => `'${ROOT}/packaging/${entry}.ts'`;
  writeFileSync(path, code.replaceAll(/'plandrop\/(anaplan|simulator)'/g, sources));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(path);
    return log.mock.calls.map((line) => `${format(...line)}\n`).join('');
  } finally {
    log.mockRestore();
  }
}

describe('the examples of the reference pages', () => {
  it.each(programs())('run as they stand: $page, line $line ($heading)', async (example) => {
    let rest = await printed(example);
    for (const line of expectedOutput(example.code)) {
      expect(rest).toContain(`${line}\n`);
      rest = rest.slice(rest.indexOf(`${line}\n`) + line.length);
    }
  });

  it.each(PAGES.flatMap(examplesOf).filter(({ info }) => info.startsWith('yaml')))(
    'are read: $page, line $line ($info)',
    async ({ info, code }) => {
      if (info === 'yaml scenario') return void parseScenario(code);
      const simulator = await createSimulator({ tenant: parseTenant(code) });
      await simulator.close();
    },
  );
});

describe('the tables of the reference pages', () => {
  it('have every call of the client, and whether it is safe to repeat', () => {
    const rows = rowsOf(CLIENT, 'The calls').map(([call = '', , safe = '']) => [call.split('(')[0], safe]);
    const calls = Object.entries(CALLS).map(([name, { safeToRepeat }]) => [name, safeToRepeat ? 'yes' : '**no**']);
    expect(rows.sort()).toEqual(calls.sort());
  });

  it('have every error class', () => {
    const page = readFileSync(join(ROOT, CLIENT), 'utf8');
    const classes = Object.entries(offered).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof Error ? name : [],
    );
    expect(classes.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    const listed = rowsOf(CLIENT, 'Errors').map(([name]) => name);
    expect(listed.filter((name = '') => !classes.includes(name))).toEqual([]);
  });

  it('have every quirk and every setting, with its default', async () => {
    await using simulator = await createSimulator({ tenant: {} });
    const { quirks, settings } = simulator.tenant;
    expect(rowsOf(SIMULATOR, 'Quirks').map(([name]) => name)).toEqual(Object.keys(quirks));
    const defaults = Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)]);
    const rows = rowsOf(SIMULATOR, 'Settings').map(([name, value = '']) => [name, value.replace(', ', ',')]);
    expect(rows).toEqual(defaults);
  });

  it('have every word of a scenario', () => {
    const { match, do: action } = z
      .object({ match: keyed, do: keyed })
      .parse(
        z
          .object({ properties: z.object({ rules: z.object({ items: z.object({ properties: z.unknown() }) }) }) })
          .parse(z.toJSONSchema(scenarioSchema, { io: 'input' })).properties.rules.items.properties,
      );
    const words = rowsOf(SIMULATOR, 'Weather').map(([word]) => word);
    expect(words).toEqual([...match, ...action]);
  });
});

const keyed = z
  .object({ properties: z.record(z.string(), z.unknown()) })
  .transform(({ properties }) => Object.keys(properties));

/** The cells of the tables under a heading, without headings and without the backticks of a cell that is nothing but code. */
function rowsOf(page: string, heading: string): string[][] {
  const [, under = ''] = readFileSync(join(ROOT, page), 'utf8').split(new RegExp(`^#+ ${heading}$`, 'm'));
  const section = under.split(/^#/m)[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const isHead = (_: string, i: number) => /^\| *---/.test(lines[i] ?? '') || /^\| *---/.test(lines[i + 1] ?? '');
  return lines
    .filter((line, i) => !isHead(line, i))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}

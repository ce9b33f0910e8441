import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { editorSchema } from '../../shared/pipeline/json-schema.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { warningsOf } from '../../shared/pipeline/warnings.ts';
import { examplesOf } from './examples.ts';

const PAGE = 'docs/cookbook.md';
const NOW = Date.parse('2026-03-02T06:00:00Z');

const VARIABLES = {
  SLACK_WEBHOOK: 'https://hooks.slack.example/services/T0/B0/x',
  ANAPLAN_API: 'https://eu3.api.anaplan.com',
  ANAPLAN_AUTH: 'https://eu3.auth.anaplan.com',
  FINANCE_WORKSPACE: 'Finance',
  FINANCE_MODEL: 'FY26 Plan',
};

const snippets = examplesOf(PAGE).filter(({ info }) => info === 'yaml');

describe('the cookbook', () => {
  it.each(snippets)('$heading, line $line: is a configuration without mistake or warning', ({ code }) => {
    const loaded = loadConfiguration(code, VARIABLES);
    expect(loaded.ok ? [] : loaded.mistakes).toEqual([]);
    expect(loaded.ok ? warningsOf(loaded.configuration, NOW) : []).toEqual([]);
  });

  it.each(snippets)('$heading, line $line: is right for an editor, too', ({ code }) => {
    const read = z.fromJSONSchema(JSON.parse(JSON.stringify(editorSchema()))).safeParse(parse(code, { merge: true }));
    expect(read.error?.issues ?? []).toEqual([]);
  });

  it('shows every kind of step and of trigger, and every setting that decides what becomes of a file', () => {
    const pipelines = snippets.flatMap(({ code }) => {
      const loaded = loadConfiguration(code, VARIABLES);
      return loaded.ok ? Object.values(loaded.configuration.pipelines) : [];
    });
    const kinds = new Set(pipelines.flatMap(({ steps }) => steps.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(['action', 'export', 'import', 'process']);
    const triggers = pipelines.map(({ trigger }) => (trigger?.kind === 'set' ? `set by ${trigger.by}` : trigger?.kind));
    expect([...new Set(triggers)].sort()).toEqual([
      'after',
      'drop',
      'schedule',
      'set by date',
      'set by folder',
      'set by marker',
    ]);
    expect(new Set(pipelines.map(({ keep }) => keep.kind))).toEqual(new Set(['leave', 'archive', 'delete']));
    expect(new Set(pipelines.map(({ notify }) => notify?.kind))).toContain('command');
  });
});

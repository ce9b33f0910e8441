import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { describedSchema, editorSchema, type JsonSchema } from '../../shared/pipeline/json-schema.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { configurationReference } from './configuration-reference.ts';
import { examplesOf } from './examples.ts';

const PAGE = 'docs/configuration.md';

const VARIABLES = { SLACK_WEBHOOK: 'https://hooks.example/T0', FINANCE_MODEL: 'FY26 Plan' };

function mistakesIn(text: string) {
  const loaded = loadConfiguration(text, VARIABLES);
  return loaded.ok ? [] : loaded.mistakes;
}

describe('the configuration page', () => {
  it('is as the schema says (npm run docs:configuration writes it anew)', () => {
    const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8');
    expect(page).toBe(configurationReference());
  });

  it.each(examplesOf(PAGE).filter(({ info }) => info === 'yaml'))(
    'has an example that is right: line $line',
    (example) => {
      expect(mistakesIn(example.code)).toEqual([]);
    },
  );
});

type Settings = Record<string, unknown>;

const TARGET = { workspace: 'Finance', model: 'FY26 Plan' };
const byDrop = (more: Settings): Settings => ({
  ...TARGET,
  on: { drop: 'in/*.csv' },
  steps: [{ import: 'Load Sales' }],
  ...more,
});
const bySet = { ...TARGET, steps: [{ process: 'Nightly', files: { 'Load Sales': 'batch/*/sales-*.csv' } }] };
const file = (it: Settings, more: Settings = {}): Settings => ({
  pipelines: { it, 'sales-actuals': { ...TARGET, steps: [{ process: 'Recalculate' }] } },
  ...more,
});

/** What else a setting needs beside it. */
const BESIDE: Readonly<Record<string, Settings>> = {
  timezone: { schedule: 'rate(1 day)' },
  mapping: { import: 'Load Sales' },
  repeatable: { import: 'Load Sales' },
  to: { export: 'Board Report' },
  gzip: { export: 'Board Report' },
  files: { process: 'Nightly' },
};

/** Each setting of the schema, and a file with its example in it. */
function* settings(): Generator<{ name: string; schema: JsonSchema; text: string }> {
  const root = describedSchema().properties ?? {};
  const pipelines = root.pipelines?.additionalProperties;
  const pipeline = typeof pipelines === 'object' ? (pipelines.properties ?? {}) : {};
  const of = (schema: JsonSchema | undefined) => {
    const shape = schema?.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
    return Object.entries(shape?.properties ?? {}).map(([key, each]) => ({
      key,
      schema: each,
      settings: { ...BESIDE[key], [key]: each.example },
    }));
  };
  const json = JSON.stringify;
  for (const { key, schema, settings } of of({ properties: root }))
    yield { name: key, schema, text: json({ ...file(byDrop({})), ...settings }) };
  for (const { key, schema, settings } of of(root.anaplan))
    yield { name: `anaplan.${key}`, schema, text: json(file(byDrop({}), { anaplan: settings })) };
  for (const { key, schema } of of({ properties: pipeline }))
    yield { name: key, schema, text: json(file(byDrop({ [key]: schema.example }))) };
  for (const { key, schema, settings } of of(pipeline.on)) {
    const base = key === 'set' ? bySet : byDrop({});
    yield { name: `on.${key}`, schema, text: json(file({ ...base, on: settings })) };
  }
  for (const { key, schema, settings } of of(pipeline.on?.properties?.set))
    yield { name: `on.set.${key}`, schema, text: json(file({ ...bySet, on: { set: settings } })) };
  for (const { key, schema, settings } of of(pipeline.steps?.items))
    yield { name: `steps.${key}`, schema, text: json(file({ ...TARGET, steps: [settings] })) };
  for (const outer of ['rejects', 'expectBy', 'keep', 'notify', 'retry', 'poll', 'upload']) {
    for (const { key, schema, settings } of of(pipeline[outer])) {
      const whole = outer === 'expectBy' ? { at: '06:30', [key]: schema.example } : settings;
      yield { name: `${outer}.${key}`, schema, text: json(file(byDrop({ [outer]: whole }))) };
    }
  }
}

describe('every setting', () => {
  it.each([...settings()])('$name says what it is for and has an example that is right', ({ name, schema, text }) => {
    expect(schema.description, name).toMatch(/\.$/);
    expect(mistakesIn(text)).toEqual([]);
  });
});

describe('the schema for editors', () => {
  it('shows what each setting is for and what it must be', () => {
    const { pipelines, keepDays } = editorSchema().properties ?? {};
    expect(keepDays).toMatchObject({
      description:
        'How long the records of an ended run are kept: its ledger, dumps and reports; on one machine also its drops, archived ones too. Must be a whole number of days from 7 to 3650.',
      examples: [90],
      default: 400,
    });
    const pipeline = typeof pipelines?.additionalProperties === 'object' ? pipelines.additionalProperties : {};
    expect(pipeline).toMatchObject({ required: ['workspace', 'model', 'steps'], additionalProperties: false });
    expect(JSON.stringify(editorSchema())).not.toMatch(/"(?:accepts|example)":/);
  });

  it.each([
    ['a note of the writer', { 'x-mine': 1, pipelines: {} }, true],
    ['a misspelt setting', { pipelines: { a: { workspace: 'w', modle: 'm', steps: [{ process: 'p' }] } } }, false],
    ['a number out of range', { keepDays: 3, pipelines: {} }, false],
    ['one of several shapes', { pipelines: { a: { ...TARGET, keep: 'delete', steps: [{ process: 'p' }] } } }, true],
    ['none of several shapes', { pipelines: { a: { ...TARGET, keep: 'forever', steps: [{ process: 'p' }] } } }, false],
  ])('knows %s', (_, value, right) => {
    expect(z.fromJSONSchema(JSON.parse(JSON.stringify(editorSchema()))).safeParse(value).success).toBe(right);
  });
});

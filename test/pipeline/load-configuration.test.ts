import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, loadConfiguration, readConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { WRONG_CONFIGURATIONS } from './wrong-configurations.ts';
import { WRONG_PIPELINES } from './wrong-pipelines.ts';

function load(text: string) {
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new ConfigurationError('plandrop.yaml', loaded.mistakes);
  return loaded.configuration;
}

const SMALLEST = `
pipelines:
  load:
    workspace: Finance
    model: FY26 Plan
    steps: [{ process: Recalculate }]
`;

const WHOLE = `
anaplan: { apiUrl: "http://127.0.0.1:7080", authUrl: https://eu3.auth.anaplan.com, requestsPerMinute: 300 }
pipelines:
  sales-actuals:
    workspace: Finance
    model: FY26 Plan
    on: { drop: "sales/*.csv" }
    steps:
      - import: Load Sales
        mapping: { Version: Actual }
        repeatable: true
      - process: Recalculate
      - export: Board Report
        to: "exports/board-{date}.csv"
      - action: Delete old
    rejects: { maxPercent: 0.5, countIgnored: true }
    onFailure: continue
    retry: { attempts: 3 }
    modelWait: 1h 30min
    startGrace: 90s
    poll: { minSeconds: 10 }
    deadline: 2d
    chunkMegabytes: 50
    upload: { chunksInFlight: 2 }
    source: warn
  nightly:
    workspace: 8a81b09d5e8c6f27015ea4b1d8ad4b3f
    model: "112000000001"
    on: { schedule: "cron(0 6 ? * MON-FRI *)", timezone: Europe/London }
    steps: [{ process: Recalculate }]
`;

describe('a good configuration', () => {
  it('lets OAuth sign in at the tenant of this machine, when that is where others sign in', () => {
    const { anaplan } = load(`anaplan: { authUrl: "http://127.0.0.1:7080" }\n${SMALLEST}`);
    expect(anaplan.oauthUrl).toBe('http://127.0.0.1:7080');
  });

  it('fills in every default', () => {
    expect(load(SMALLEST)).toEqual({
      anaplan: {
        apiUrl: 'https://api.anaplan.com',
        authUrl: 'https://auth.anaplan.com',
        oauthUrl: 'https://us1a.app.anaplan.com',
        requestsPerMinute: 600,
      },
      keepDays: 400,
      pipelines: {
        load: {
          workspace: 'Finance',
          model: 'FY26 Plan',
          steps: [{ kind: 'process', name: 'Recalculate', repeatable: false }],
          rejects: { maxRows: 0, countIgnored: false },
          onFailure: 'hold',
          policies: {
            retry: { attempts: 8, conflicts: 5, failedPolls: 30 },
            modelWaitSeconds: 7200,
            startGraceSeconds: 120,
            pollMinSeconds: 5,
            deadlineSeconds: 43_200,
            chunkBytes: 10_000_000,
            chunksInFlight: 4,
            source: 'strict',
          },
          keep: { kind: 'leave' },
        },
      },
    });
  });

  it('keeps what is written, in seconds and bytes', () => {
    const { anaplan, pipelines } = load(WHOLE);
    expect(anaplan).toMatchObject({ apiUrl: 'http://127.0.0.1:7080', requestsPerMinute: 300 });
    expect(pipelines['sales-actuals']).toEqual({
      workspace: 'Finance',
      model: 'FY26 Plan',
      trigger: { kind: 'drop', glob: 'sales/*.csv' },
      steps: [
        { kind: 'import', name: 'Load Sales', mapping: { Version: 'Actual' }, repeatable: true },
        { kind: 'process', name: 'Recalculate', repeatable: false },
        { kind: 'export', name: 'Board Report', to: 'exports/board-{date}.csv', repeatable: false },
        { kind: 'action', name: 'Delete old', repeatable: false },
      ],
      // only a percentage is said, so the number of rows is open
      rejects: { maxPercent: 0.5, countIgnored: true },
      onFailure: 'continue',
      policies: {
        retry: { attempts: 3, conflicts: 5, failedPolls: 30 },
        modelWaitSeconds: 5400,
        startGraceSeconds: 90,
        pollMinSeconds: 10,
        deadlineSeconds: 172_800,
        chunkBytes: 50_000_000,
        chunksInFlight: 2,
        source: 'warn',
      },
      keep: { kind: 'leave' },
    });
    expect(pipelines.nightly?.trigger).toEqual({
      kind: 'schedule',
      expression: 'cron(0 6 ? * MON-FRI *)',
      timezone: 'Europe/London',
    });
  });

  it.each(['sales/[0-9]*.csv', 'sales/@(a|b)/*.csv', '@(sales|hr)/*.csv', '[b-d]*/*.csv', 'sales/x**.csv'])(
    'may archive the drops of %s',
    (glob) => {
      const text = `${SMALLEST.replace('process: Recalculate', 'import: x')}    on: { drop: "${glob}" }\n    keep: { archive: "archive/" }\n`;
      expect(load(text).pipelines.load?.keep).toEqual({ kind: 'archive', prefix: 'archive/' });
    },
  );

  it.each([
    ['at the top and at any depth', '{ a: "a*.csv", b: "**/b*.csv" }'],
    ['in one of two folders and in one of them', '{ a: "{x/a,y/b}*.csv", b: "y/c*.csv" }'],
    ['in folders of a choice', '{ a: "@(x|y)/a.csv", b: "{y,z}/b.csv" }'],
  ])('may have a set of files %s', (_, files) => {
    const text = SMALLEST.replace('Recalculate }', `Recalculate, files: ${files} }`);
    expect(load(`${text}    on: { set: folder }\n`).pipelines.load?.trigger).toEqual({ kind: 'set', by: 'folder' });
  });

  it('may use anchors', () => {
    const text = `${SMALLEST}  again:\n    workspace: &w Finance\n    model: *w\n    steps: [{ process: x }]\n`;
    expect(load(text).pipelines.again?.model).toBe('Finance');
  });

  it('may merge what pipelines share, from notes of its own', () => {
    const text = `
x-finance: &finance { workspace: Finance, model: FY26 Plan }
x-calm: &calm
  retry: { attempts: 3 }
  onFailure: continue
pipelines:
  one: { <<: *finance, steps: [{ process: x }] }
  two:
    <<: [*finance, *calm]
    model: FY27 Plan
    steps: [{ process: x }]
`;
    expect(load(text).pipelines).toMatchObject({
      one: { workspace: 'Finance', model: 'FY26 Plan', onFailure: 'hold' },
      two: { workspace: 'Finance', model: 'FY27 Plan', onFailure: 'continue', policies: { retry: { attempts: 3 } } },
    });
  });

  it('takes addresses, workspaces, models and where alerts go from the environment', () => {
    const text = `
anaplan: { apiUrl: "\${API}" }
notify: { command: "\${TELL} --loud" }
pipelines:
  load:
    workspace: \${WORKSPACE}
    model: "FY\${YEAR} Plan"
    notify: { webhook: "https://hooks.example/\${HOOK}" }
    steps: [{ process: Recalculate }]
`;
    const variables = { API: 'http://127.0.0.1:1', TELL: './tell', WORKSPACE: ' Finance ', YEAR: '26', HOOK: 'T0' };
    const loaded = loadConfiguration(text, variables);
    expect(loaded).toMatchObject({
      configuration: {
        anaplan: { apiUrl: 'http://127.0.0.1:1' },
        notify: { kind: 'command', command: './tell --loud' },
        pipelines: {
          load: {
            workspace: 'Finance',
            model: 'FY26 Plan',
            notify: { kind: 'webhook', webhook: 'https://hooks.example/T0' },
          },
        },
      },
    });
  });

  it('never shows the value of a variable that is wrong where a secret belongs', () => {
    const text = `notify: { webhook: "\${HOOK}" }${SMALLEST}`;
    const loaded = loadConfiguration(text, { HOOK: 'http://hooks.example/secret' });
    expect(loaded).toMatchObject({ ok: false, mistakes: [{ line: 1, column: 20 }] });
    expect(JSON.stringify(loaded)).not.toContain('secret');
  });

  it('takes no variable whose value would be read as a variable again', () => {
    const text = SMALLEST.replace('FY26 Plan', `"\${MODEL}"`);
    const loaded = loadConfiguration(text, { MODEL: `\${OTHER}`, OTHER: 'x' });
    expect(JSON.stringify(loaded)).toContain('needs the environment variable MODEL, which holds a ');
  });

  it('takes an address with a closing slash for the same address', () => {
    const { anaplan } = load(`anaplan: { apiUrl: "https://EU3.api.anaplan.com/" }${SMALLEST}`);
    expect(anaplan.apiUrl).toBe('https://eu3.api.anaplan.com');
  });

  it('takes http: for every address of this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3:8080', '[::1]:7080']) {
      expect(load(`anaplan: { apiUrl: "http://${host}" }${SMALLEST}`).anaplan.apiUrl).toBe(`http://${host}`);
    }
  });
});

describe('a wrong configuration', () => {
  it.each([...WRONG_CONFIGURATIONS, ...WRONG_PIPELINES])('%s is told in plain words', (_, text, messages) => {
    const loaded = loadConfiguration(text);
    expect(loaded.ok ? [] : loaded.mistakes.map((m) => `${m.line}:${m.column}: ${m.message}`)).toEqual(messages);
  });

  it('tells all mistakes at once, in the order of the file', () => {
    const loaded = loadConfiguration(WRONG_EVERYWHERE);
    expect(loaded.ok ? [] : loaded.mistakes.map((m) => `${m.line}:${m.column}: ${m.message}`)).toEqual([
      '1:20: "apiUrl" must be an https:// address (http:// is for this machine only, such as http://127.0.0.1:7080), not "http://x.example"',
      '4:5: "workspce" is not a setting of a pipeline; did you mean "workspace"?',
      '6:17: "drop" must be a pattern without a leading "/" or "./" (keys have none), not "/sales/*"',
      '7:38: "repeatable" must be true or false, not 1',
      '8:16: "onFailure" must be one of hold, continue, not "hlod"',
      '9:3: "model" is missing; it must be the name or id of the model',
      '11:12: "steps" must be at least one step, not []',
    ]);
  });

  it.each([
    ['brackets', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['mappings', `a: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['dashes', `${'- '.repeat(10_000)}a`],
    [
      'aliases in brackets',
      Array.from(
        { length: 200 },
        (_, i) => `a${i}: &a${i} ${'['.repeat(40)}${i === 0 ? '' : `*a${i - 1}`}${']'.repeat(40)}`,
      ).join('\n'),
    ],
  ])('says that %s are nested too deep, however deep they are', (_, text) => {
    expect(() => load(text)).toThrow('this is nested deeper than any setting');
  });

  it('becomes one line per mistake, with the file and the place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plandrop-'));
    try {
      const file = join(folder, 'plandrop.yaml');
      await expect(readConfiguration(file)).rejects.toThrow(`There is no ${file}.`);
      await writeFile(file, 'pipelines: {}\nanaplan: 5\n');
      await expect(readConfiguration(file)).rejects.toThrow(
        `${file}:1:12: "pipelines" must be names with a pipeline under each, at least one, not {}\n${file}:2:10: "anaplan" must be settings`,
      );
      await expect(readConfiguration(folder)).rejects.toThrow(`${folder} is a folder`);
      await writeFile(file, SMALLEST.replace('Finance', 'Köln'), 'latin1');
      await expect(readConfiguration(file)).rejects.toThrow(`${file}:4:17: the file is not UTF-8`);
      await writeFile(file, Buffer.alloc(3_000_000));
      await expect(readConfiguration(file)).rejects.toThrow(`${file}:1:1: the file is larger than 1 MB`);
      await writeFile(file, SMALLEST);
      await expect(readConfiguration(file)).resolves.toHaveProperty('pipelines.load');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('never throws, whatever the text is', () => {
    const pieces = fc.constantFrom(
      ...' \n\t:-{}[]"\'&*!#|>%@`',
      'pipelines:',
      '\n  sales:',
      '\n    on: ',
      'steps',
      '&a',
      '*a',
      '<<: ',
      '<<: *a',
      '\n    a: &a {',
      '\n  x-',
      `\${A}`,
      '? ',
      '0x1',
      '~',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 25 }), (parts) => {
        const loaded = loadConfiguration(parts.join(''));
        expect(
          loaded.ok || loaded.mistakes.every(({ line, column, message }) => line > 0 && column > 0 && message !== ''),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

const WRONG_EVERYWHERE = `anaplan: { apiUrl: "http://x.example" }
pipelines:
  one:
    workspce: Finance
    model: FY26 Plan
    on: { drop: "/sales/*" }
    steps: [{ import: x, repeatable: 1 }]
    onFailure: hlod
  two:
    workspace: Finance
    steps: []
`;

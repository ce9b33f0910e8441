import { describe, expect, it } from 'vitest';
import { ConfigurationError, loadConfiguration } from '../../shared/pipeline/load-configuration.ts';
import { warningsOf } from '../../shared/pipeline/warnings.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const BASE = 'workspace: w, model: m';
const byDrop = (more: string) => `it: { ${BASE}, on: { drop: "in/*.csv" }, steps: [{ import: x }], ${more} }`;
const scheduled = (expression: string, timezone: string) =>
  `it: { ${BASE}, on: { schedule: "${expression}", timezone: ${timezone} }, steps: [{ process: x }] }`;

const exporting = (name: string, to: string) => `${name}: { ${BASE}, steps: [{ export: x, to: "${to}" }] }`;

function warnings(...pipelines: string[]): string[] {
  const [first = ''] = pipelines;
  const text = first.startsWith('anaplan') ? first : `pipelines:\n${pipelines.map((line) => `  ${line}`).join('\n')}\n`;
  const loaded = loadConfiguration(text);
  if (!loaded.ok) throw new ConfigurationError('plandrop.yaml', loaded.mistakes);
  return warningsOf(loaded.configuration, NOW).map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('a warning', () => {
  it.each([
    [
      'of a local time that clocks skip',
      [scheduled('cron(30 1 * * ? *)', 'Europe/London')],
      [
        'pipelines.it.on.schedule names 01:30 on 2027-03-28, which clocks in Europe/London skip: the pipeline does not run then',
        'pipelines.it.on.schedule names 01:30 on 2027-10-31, which clocks in Europe/London show twice: the pipeline runs once, at the first',
      ],
    ],
    [
      'of many such times, in one line a day',
      [scheduled('cron(0/15 * ? * SUN *)', 'America/New_York')],
      [
        'pipelines.it.on.schedule names 02:00 and 3 more on 2027-03-14, which clocks in America/New_York skip: the pipeline does not run then',
        'pipelines.it.on.schedule names 01:00 and 3 more on 2027-11-07, which clocks in America/New_York show twice: the pipeline runs once, at the first',
      ],
    ],
    [
      'of clocks that move by half an hour, in the south',
      [scheduled('cron(45 1 * * ? *)', 'Australia/Lord_Howe')],
      [
        'pipelines.it.on.schedule names 01:45 on 2027-04-04, which clocks in Australia/Lord_Howe show twice: the pipeline runs once, at the first',
      ],
    ],
    ['of no time on days that the schedule leaves out', [scheduled('cron(30 1 ? * MON-FRI *)', 'Europe/London')], []],
    ['of no time where clocks stand', [scheduled('cron(30 1 * * ? *)', 'Asia/Kolkata')], []],
    [
      'of an expected time that clocks skip',
      [byDrop('expectBy: { at: "02:30", timezone: Europe/Berlin, days: SUN }')],
      [
        'pipelines.it.expectBy names 02:30 on 2027-03-28, which clocks in Europe/Berlin skip: nothing is expected by then',
        'pipelines.it.expectBy names 02:30 on 2027-10-31, which clocks in Europe/Berlin show twice: it is expected by the first',
      ],
    ],
    [
      'of a time that is over',
      [scheduled('at(2026-11-20T11:59:00)', 'UTC')],
      ['pipelines.it.on.schedule is over: it never runs again'],
    ],
    [
      'of years that are over',
      [scheduled('cron(0 6 * * ? 2025)', 'UTC')],
      ['pipelines.it.on.schedule is over: it never runs again'],
    ],
    [
      'of one time that clocks skip',
      [scheduled('at(2027-03-28T01:30:00)', 'Europe/London')],
      ['pipelines.it.on.schedule names a time that clocks in Europe/London skip, so it never runs'],
    ],
    ['of no rate', [scheduled('rate(5 minutes)', 'Europe/London')], []],
    [
      'of a folder without a name',
      [byDrop('keep: leave').replace('in/*.csv', 'in//*.csv')],
      ['pipelines.it.on.drop has an empty folder ("//"), which no usual key has'],
    ],
    [
      'of a folder that means the folder above',
      [byDrop('keep: leave').replace('in/*.csv', 'in/../*.csv')],
      ['pipelines.it.on.drop has "." or ".." for a folder, which no usual key has'],
    ],
    [
      'of a blank at the end',
      [byDrop('keep: leave').replace('in/*.csv', 'in/*.csv ')],
      ['pipelines.it.on.drop begins or ends a name with a blank, which few keys do'],
    ],
    [
      'of a bracket that is never closed',
      [byDrop('keep: leave').replace('in/*.csv', 'in/[ab.csv')],
      ['pipelines.it.on.drop has a bracket that is never closed, and means the bracket itself'],
    ],
    [
      'of files that the watched folder leaves alone',
      [byDrop('keep: leave').replace('in/*.csv', 'taken/*.csv')],
      [
        'pipelines.it.on.drop matches nothing in "plandrop local", which leaves taken/ and names that begin with a dot alone',
      ],
    ],
    [
      'of variables without braces',
      [byDrop('keep: leave').replace(BASE, 'workspace: $FINANCE, model: $FINANCE_MODEL')],
      [
        `pipelines.it.workspace is the name $FINANCE as it stands; a variable is written \${FINANCE}`,
        `pipelines.it.model is the name $FINANCE_MODEL as it stands; a variable is written \${FINANCE_MODEL}`,
      ],
    ],
    ['of no dollars in a name', [byDrop('keep: leave').replace(BASE, 'workspace: $, model: Plan in $US')], []],
    [
      'of braces without a comma',
      [byDrop('keep: leave').replace('in/*.csv', 'in/{2024-*}.csv')],
      ['pipelines.it.on.drop has {2024-*}, and braces mean one of several only with a comma, as in {a,b}'],
    ],
    [
      'of a range in braces',
      [byDrop('keep: leave').replace('in/*.csv', 'in/{01..12}.csv')],
      ['pipelines.it.on.drop has {01..12}, and braces mean one of several only with a comma, as in {a,b}'],
    ],
    [
      'of two patterns in one',
      [byDrop('keep: leave').replace('in/*.csv', 'in/*.csv, in/*.txt')],
      [
        'pipelines.it.on.drop has a blank after ",", which is a letter of it: one of several is written {a,b}, without blanks',
      ],
    ],
    [
      'of two patterns with a semicolon',
      [byDrop('keep: leave').replace('in/*.csv', 'in/*.csv; in/*.txt')],
      [
        'pipelines.it.on.drop has a blank after ";", which is a letter of it: one of several is written {a,b}, without blanks',
      ],
    ],
    [
      'of a parenthesis behind a wildcard',
      [byDrop('keep: leave').replace('in/*.csv', 'in/*(1).csv')],
      ['pipelines.it.on.drop does not match in/a(1).csv: *(1) means several; put ? for each parenthesis'],
    ],
    [
      'of a name in brackets',
      [byDrop('keep: leave').replace('in/*.csv', 'in/[2024-Q1 2024-Q2]/*.csv')],
      [
        'pipelines.it.on.drop does not match in/[2024-Q1 2024-Q2]/a.csv: [ and ] mean one letter of those between them; put ? for each bracket',
      ],
    ],
    [
      'of quotes of printed text',
      [byDrop('keep: leave').replace('"in/*.csv"', '“in/*.csv”')],
      [`pipelines.it.on.drop has the quotes of printed text (“ ”) in it, which are letters to YAML; put '"'`],
    ],
    ['of no ranges of letters in both cases', [byDrop('keep: leave').replace('in/*.csv', 'in/[A-Za-z]*.csv')], []],
    ['of no ranges of digits and letters', [byDrop('keep: leave').replace('in/*.csv', 'in/[0-9a-f]*.csv')], []],
    ['of no three ranges', [byDrop('keep: leave').replace('in/*.csv', 'in/[A-Za-z0-9].csv')], []],
    ['of no ranges that are denied', [byDrop('keep: leave').replace('in/*.csv', 'in/[!A-Za-z-]*.csv')], []],
    ['of nothing that may be there', [byDrop('keep: leave').replace('in/*.csv', 'in/sales?(-final).csv')], []],
    ['of no folders of any depth in braces', [byDrop('keep: leave').replace('in/*.csv', '{in/**,out}/*.csv')], []],
    [
      'of two names that look like a range',
      [byDrop('keep: leave').replace('in/*.csv', 'in/[Q1-Q4]/*.csv')],
      [
        `pipelines.it.on.drop does not match in/[Q1-Q4]/a.csv: [ and ] mean one letter of those between them; put ? for each bracket`,
      ],
    ],
    [
      'of two stars beside letters',
      [byDrop('keep: leave').replace('in/*.csv', 'in/**.csv')],
      [
        `pipelines.it.on.drop has "**" beside other letters, where it means "*"; folders of any depth are a folder "**", as in a/**/*.csv`,
      ],
    ],
    ['of no parentheses that are letters', [byDrop('keep: leave').replace('in/*.csv', 'Sales (EMEA)/*.csv')], []],
    ['of no choice', [byDrop('keep: leave').replace('in/*.csv', '@(a|b)/[0-9]*.{csv,txt}')], []],
    [
      'of no brackets in two folders',
      [
        byDrop('keep: leave').replace('in/*.csv', 'in/[ab].csv'),
        byDrop('keep: leave').replace('it:', 'other:').replace('in/*.csv', 'out/[bc].csv'),
      ],
      [],
    ],
    [
      'of patterns that only a key can compare',
      [
        byDrop('keep: leave').replace('in/*.csv', 'in/[ab].csv'),
        byDrop('keep: leave').replace('it:', 'other:').replace('in/*.csv', 'in/[bc].csv'),
      ],
      [
        'pipelines.other.on.drop may match the same key as a pattern of pipeline "it" (in/[ab].csv); only a key shows it, and such a drop gets a run of each',
      ],
    ],
    [
      'of files that nothing waits for',
      [`it: { ${BASE}, steps: [{ process: x, files: { a: "in/*.csv" } }] }`],
      [
        'pipelines.it.steps.0.files has patterns that nothing looks at: only "plandrop run" starts this pipeline, and it takes files by name',
      ],
    ],
    [
      'of a pipeline after one that nothing starts',
      [`one: { ${BASE}, steps: [{ process: x }] }`, `two: { ${BASE}, on: { after: one }, steps: [{ process: x }] }`],
      ['pipelines.two.on.after follows "one", which only "plandrop run" starts'],
    ],
    [
      'of an allowance that allows everything',
      [byDrop('rejects: { maxPercent: 100 }')],
      ['pipelines.it.rejects.maxPercent lets every row be rejected without a word'],
    ],
    [
      'of a wait that is longer than the run may take',
      [byDrop('modelWait: 6h, deadline: 4h')],
      ['pipelines.it.modelWait is longer than deadline, which ends the run first'],
    ],
    [
      'of more requests than Anaplan answers',
      [`anaplan: { requestsPerMinute: 1200 }\npipelines: { ${byDrop('keep: leave')} }`],
      ['anaplan.requestsPerMinute is more than the 600 that Anaplan answers for a whole tenant'],
    ],
    [
      'of exports of two pipelines to one key',
      [exporting('one', 'out/{date}.csv'), exporting('two', 'out/{date}.csv')],
      ['pipelines.two.steps.0.to is where pipeline "one" writes an export too, so each writes over the other\'s'],
    ],
    [
      'of exports to one key when the name of the pipeline is filled in',
      [exporting('one', 'out/{pipeline}.csv'), exporting('two', 'out/one.csv')],
      ['pipelines.two.steps.0.to is where pipeline "one" writes an export too, so each writes over the other\'s'],
    ],
    [
      'of no exports whose keys name the run',
      [exporting('one', 'out/{run}.csv'), exporting('two', 'out/{run}.csv')],
      [],
    ],
    [
      'of no exports whose keys name the pipeline',
      [exporting('one', 'out/{pipeline}.csv'), exporting('two', 'out/{pipeline}.csv')],
      [],
    ],
    ['of nothing that is usual', [byDrop('expectBy: "06:30"')], []],
  ])('%s', (_, pipelines, expected) => {
    expect(warnings(...pipelines)).toEqual(expected);
  });
});

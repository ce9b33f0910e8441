import { STATE_FOLDERS } from '../../shared/pipeline/step-schema.ts';

export const pipeline = (...lines: string[]): string =>
  [
    'pipelines:',
    '  sales:',
    '    workspace: Finance',
    '    model: FY26 Plan',
    ...lines.map((line) => `    ${line}`),
  ].join('\n');

export const steps = 'steps: [{ import: Load Sales }]';

const WRONG_INDENT =
  'the indentation of this line or of the one before does not fit: settings of one thing begin in one column';

const twoDrops = (first: string, second: string): string =>
  [
    pipeline(`on: { drop: "${first}" }`, steps),
    pipeline(`on: { drop: "${second}" }`, steps).replace('pipelines:\n  sales:', '  again:'),
  ].join('\n');

/** What is wrong, the text of the file, and every message, as a person gets it (`line:column: what`). */
export const WRONG_CONFIGURATIONS: readonly [what: string, text: string, messages: readonly string[]][] = [
  ['an empty file', '', ['1:1: "pipelines" is missing; it must be names with a pipeline under each, at least one']],
  [
    'a file of comments',
    '# only',
    ['1:1: "pipelines" is missing; it must be names with a pipeline under each, at least one'],
  ],
  [
    'a list instead of settings',
    '- a',
    ['1:1: the file must be settings (anaplan, keepDays, notify, pipelines), not ["a"]'],
  ],
  ['plain text', 'hello', ['1:1: the file must be settings (anaplan, keepDays, notify, pipelines), not "hello"']],
  [
    'a bracket that is never closed',
    'pipelines: [',
    ['1:13: this is not indented like its neighbours, or a bracket before it is not closed'],
  ],
  ['a tab as indentation', 'pipelines:\n\tsales: 1', ['2:1: tabs cannot indent YAML; use spaces']],
  [
    'a quote that is never closed',
    'pipelines:\n  sales:\n    workspace: "Finance\n',
    ['3:16: the quote that opens here is not closed'],
  ],
  [
    'a quote that is closed by the one of another line',
    pipeline(steps).replace('Finance', '"Finance').replace('FY26 Plan', '"FY26 Plan"'),
    ['3:16: the quote that opens here is not closed'],
  ],
  [
    'a quote inside single quotes',
    pipeline("steps: [{ import: 'Bob's import' }]"),
    ["5:28: the text goes on after its closing quote; a quote inside '…' is written twice"],
  ],
  [
    'a quote inside double quotes',
    pipeline('steps:', '  - import: "Bob "x" import"'),
    ['6:23: the text goes on after its closing quote; a quote inside "…" is written \\"'],
  ],
  ['a setting that is indented too far', pipeline(steps).replace('    model', '      model'), [`4:7: ${WRONG_INDENT}`]],
  [
    'a mapping that is indented too far',
    pipeline('steps:', '  - import: Load Sales', '      mapping: { Version: Actual }'),
    [`7:11: ${WRONG_INDENT}`],
  ],
  [
    'a step that is indented one blank too many',
    pipeline('steps:', '  - import: Load Sales', '   - process: Recalculate'),
    ['7:8: this is not indented like its neighbours, or a bracket before it is not closed'],
  ],
  [
    'a step that is indented one blank too few',
    pipeline('steps:', '  - import: Load Sales', ' - process: Recalculate'),
    [`7:1: ${WRONG_INDENT}`],
  ],
  [
    'a no-break space as indentation',
    pipeline(steps).replace('    model', '   \u00a0model'),
    ['4:4: a no-break space stands here, or another that YAML does not know; put a common one'],
  ],
  [
    'a no-break space before a name at the left edge, which is YAML all the same',
    pipeline(steps).replace('    steps', '\u00a0   steps'),
    ['5:1: a no-break space stands here, or another that YAML does not know; put a common one'],
  ],
  [
    'a no-break space after a colon',
    pipeline(steps).replace('model: ', 'model:\u00a0'),
    ['4:11: a no-break space stands here, or another that YAML does not know; put a common one'],
  ],
  [
    'a colon without a blank',
    pipeline(steps).replace('model: ', 'model:'),
    ['4:11: a blank is missing after the colon'],
  ],
  [
    'a colon without a blank in the last line',
    pipeline(steps, 'onFailure:hold'),
    ['6:15: a blank is missing after the colon'],
  ],
  ['a name without a value', pipeline('repeat', steps), ['5:5: this is a name without a colon and a value']],
  [
    'a value with a colon and no quotes in brackets',
    pipeline('steps: [{ import: Load: Sales }]'),
    ['5:23: a second ": " stands in this line; put the value in quotes'],
  ],
  [
    'a mistake behind a byte order mark',
    '\ufeffpipelines: a: b\n',
    ['1:12: a second ": " stands in this line; put the value in quotes'],
  ],
  [
    'brackets in brackets without end',
    pipeline(`steps: ${'['.repeat(60)}${']'.repeat(60)}`),
    ['5:59: this is nested deeper than any setting; see whether a bracket is repeated'],
  ],
  [
    'a line indented differently from its neighbours',
    'pipelines:\n  sales:\n    workspace: Finance\n   model: x\n',
    ['4:1: this is not indented like its neighbours, or a bracket before it is not closed'],
  ],
  [
    'two documents in one file',
    'pipelines: {}\n---\npipelines: {}\n',
    ['2:1: a second document begins here ("---"); the file may hold one'],
  ],
  ['a tag', 'pipelines: !env x\n', ['1:12: tags ("!name") mean nothing here; put the value in quotes']],
  [
    'a value with a colon and no quotes',
    'pipelines:\n  sales:\n    workspace: Finance: EMEA\n',
    ['3:16: a second ": " stands in this line; put the value in quotes'],
  ],
  ['an alias to nothing', 'pipelines: *all\n', ['1:12: *all stands for nothing above it']],
  [
    'a pattern that begins with a star',
    pipeline('on:', '  drop: *.csv', steps),
    ['6:13: a value that begins with "*" needs quotes: "*.csv"'],
  ],
  [
    'a pattern that begins with two stars, in brackets',
    pipeline('on: { drop: **/a.csv }', steps),
    ['5:17: a value that begins with "*" needs quotes: "**/a.csv"'],
  ],
  ['a star alone', pipeline('on:', '  drop: *', steps), ['6:13: a value that begins with "*" needs quotes']],
  [
    'a choice that no quotes are around',
    pipeline('on:', '  drop: @(a|b)/x.csv', steps),
    ['6:13: a value that begins with "@" needs quotes'],
  ],
  [
    'a pattern that begins with a brace',
    pipeline('on:', '  drop: {a,b}/x.csv', steps),
    ['6:18: the value goes on after its closing "}"; put all of it in quotes'],
  ],
  [
    'a key that begins with a placeholder',
    pipeline('steps:', '  - export: a', '    to: {date}.csv'),
    ['7:19: the value goes on after its closing "}"; put all of it in quotes'],
  ],
  [
    'a placeholder within brackets',
    pipeline('steps: [{ export: a, to: exports/{date}.csv }]'),
    ['5:38: "{" stands in the middle of a value; put all of it in quotes'],
  ],
  [
    'a class within brackets',
    pipeline('on: { drop: sales/[ab].csv }', steps),
    ['5:23: "[" stands in the middle of a value; put all of it in quotes'],
  ],
  [
    'a path of Windows',
    pipeline('on: { drop: "C:\\drops" }', steps),
    ['5:20: a backslash in "…" means more than itself: write "/" between folders, or put the value in single quotes'],
  ],
  [
    'a number sign within brackets',
    pipeline('steps: [{ import: Load #1 }]'),
    [
      '5:28: a comment begins here, and the closing bracket is in it: "#" after a blank begins one; put the value in quotes',
    ],
  ],
  [
    'a number sign within brackets, and more below',
    pipeline('steps:', '  - { import: Load #1 }', '', '  - { process: x }'),
    [
      '6:24: a comment begins here, and the closing bracket is in it: "#" after a blank begins one; put the value in quotes',
    ],
  ],
  [
    'a colon in brackets below a comment with brackets',
    pipeline('steps: [ # see [1]', '  { import: Load: Sales }]'),
    ['6:17: a second ": " stands in this line; put the value in quotes'],
  ],
  [
    'two pipelines of one name',
    `${pipeline(steps)}\n  sales:\n    workspace: x\n    model: y\n    ${steps}`,
    ['6:3: this key is there twice'],
  ],
  ['a setting given twice', pipeline(steps, steps), ['6:5: this key is there twice']],
  [
    'a file without pipelines',
    'anaplan: {}',
    ['1:1: "pipelines" is missing; it must be names with a pipeline under each, at least one'],
  ],
  [
    'pipelines left empty',
    'pipelines:',
    ['1:1: "pipelines" is empty; it must be names with a pipeline under each, at least one'],
  ],
  [
    'a misspelt top-level key',
    'pipeline: {}',
    ['1:1: "pipeline" is not a setting of the file; did you mean "pipelines"?'],
  ],
  [
    'a pipeline name with a slash',
    pipeline(steps).replace('sales', 'sales/emea'),
    [
      '2:3: pipeline "sales/emea" must be letters, digits, "-" and "_", at most 48 of them (it becomes part of keys and of schedule names)',
    ],
  ],
  [
    'a pipeline called __proto__',
    pipeline(steps).replace('sales', '__proto__'),
    ['2:3: "__proto__" cannot be a name here; choose another'],
  ],
  [
    'a mapping of __proto__, which would be passed over',
    pipeline('steps:', '  - import: x', '    mapping: { __proto__: Actual, Version: Budget }'),
    ['7:20: "__proto__" cannot be a name here; choose another'],
  ],
  [
    'a schedule on the 30th of February',
    pipeline('on: { schedule: "cron(0 6 30 FEB ? *)" }', steps),
    [
      '5:21: "schedule" must be a schedule that some day of the calendar fits (this one never fires), not "cron(0 6 30 FEB ? *)"',
    ],
  ],
  [
    'a pipeline without a model',
    'pipelines:\n  sales:\n    workspace: Finance\n    steps: [{ process: x }]',
    ['2:3: "model" is missing; it must be the name or id of the model'],
  ],
  [
    'an id that YAML reads as a number',
    pipeline(steps).replace('FY26 Plan', '112000000001'),
    ['4:12: "model" must be the name or id of the model, not 112000000001 (put it in quotes)'],
  ],
  [
    'a pattern where settings belong',
    pipeline('on: sales/*.csv', steps),
    ['5:9: "on" must be settings (drop, schedule, after, set, timezone), not "sales/*.csv"'],
  ],
  [
    'a trigger that says nothing',
    pipeline('on: {}', steps),
    ['5:9: "on" must say what starts the pipeline: drop, schedule, after or set'],
  ],
  [
    'a trigger left empty',
    pipeline('on:', steps),
    ['5:5: "on" is empty; it must be settings (drop, schedule, after, set, timezone)'],
  ],
  [
    'a time zone without a schedule',
    pipeline('on: { drop: "a/*", timezone: UTC }', steps),
    ['5:34: "timezone" means nothing here: no schedule, expectBy or {date} goes by it'],
  ],
  [
    'a time zone that does not exist',
    pipeline('on: { schedule: "cron(0 6 * * ? *)", timezone: London }', steps),
    ['5:52: "timezone" must be a time zone of the IANA database, such as Europe/London or UTC, not "London"'],
  ],
  [
    'a short name that Node takes for another place',
    pipeline('on: { schedule: "cron(0 6 * * ? *)", timezone: BST }', steps),
    ['5:52: "timezone" must be a time zone of the IANA database, such as Europe/London or UTC, not "BST"'],
  ],
  [
    'a time zone spelt in lower case',
    pipeline('on: { schedule: "cron(0 6 * * ? *)", timezone: europe/london }', steps),
    ['5:52: "timezone" must be spelt Europe/London, not "europe/london"'],
  ],
  [
    'an offset instead of a time zone',
    pipeline('on: { schedule: "cron(0 6 * * ? *)", timezone: "+01:00" }', steps),
    ['5:52: "timezone" must be a time zone of the IANA database, such as Europe/London or UTC, not "+01:00"'],
  ],
  [
    'a cron expression as Unix writes it',
    pipeline('on: { schedule: "0 6 * * 1" }', steps),
    [
      '5:21: "schedule" must be a schedule, such as "cron(0 6 ? * MON-FRI *)", "rate(1 hour)" or "at(2026-12-31T18:00:00)", not "0 6 * * 1"',
    ],
  ],
  [
    'a cron expression with five fields',
    pipeline('on: { schedule: "cron(0 6 * * ?)" }', steps),
    [
      '5:21: "schedule" must be a schedule of six fields (minute, hour, day of month, month, day of week, year), not "cron(0 6 * * ?)"',
    ],
  ],
  [
    'a cron expression with two days',
    pipeline('on: { schedule: "cron(0 6 * * * *)" }', steps),
    [
      '5:21: "schedule" must be a schedule with "?" in exactly one of day of month and day of week, not "cron(0 6 * * * *)"',
    ],
  ],
  [
    'an hour that does not exist',
    pipeline('on: { schedule: "cron(0 25 * * ? *)" }', steps),
    ['5:21: "schedule" must be a schedule whose hour is within 0-23 ("25" is not), not "cron(0 25 * * ? *)"'],
  ],
  [
    'a day that does not exist',
    pipeline('on: { schedule: "cron(0 5 ? * MO *)" }', steps),
    [
      '5:21: "schedule" must be a schedule whose day of week is within 1-7 or SUN-SAT ("MO" is not), not "cron(0 5 ? * MO *)"',
    ],
  ],
  [
    'a pattern with a leading slash',
    pipeline('on: { drop: "/sales/*.csv" }', steps),
    ['5:17: "drop" must be a pattern without a leading "/" or "./" (keys have none), not "/sales/*.csv"'],
  ],
  [
    'a pattern of what to leave out',
    pipeline('on: { drop: "!sales/*.csv" }', steps),
    ['5:17: "drop" must be a pattern of what to take, not of what to leave out, not "!sales/*.csv"'],
  ],
  [
    'a pattern with backslashes',
    pipeline("on: { drop: 'sales\\*.csv' }", steps),
    ['5:17: "drop" must be a pattern with "/" between folders, without "\\", not "sales\\\\*.csv"'],
  ],
  [
    'a pattern of a folder',
    pipeline('on: { drop: "sales/" }', steps),
    [
      '5:17: "drop" must be a pattern of files, such as "sales/*.csv" (a key that ends in "/" is a folder marker), not "sales/"',
    ],
  ],
  [
    'an empty pattern',
    pipeline('on: { drop: "" }', steps),
    ['5:17: "drop" must be a pattern of keys, such as "sales/*.csv", not ""'],
  ],
  [
    'a drop that no step would upload',
    pipeline('on: { drop: "a/*" }', 'steps: [{ process: x }]'),
    ['5:9: "on" is a drop, but no step is an import, so the file would never be uploaded'],
  ],
  [
    'one step where a list belongs',
    pipeline('steps: { import: x }'),
    ['5:12: "steps" must be a list of steps, each beginning with "- ", not {"import":"x"}'],
  ],
  ['no steps', pipeline('steps: []'), ['5:12: "steps" must be at least one step, not []']],
  [
    'a step that is only a name',
    pipeline('steps: [Load Sales]'),
    [
      '5:13: step 1 must be settings (import, process, export, action, mapping, repeatable, to, gzip, files), not "Load Sales"',
    ],
  ],
  [
    'a step that is two things',
    pipeline('steps: [{ import: a, process: b }]'),
    ['5:13: step 1 must run one thing, not import and process; make each its own step'],
  ],
  [
    'a step that runs nothing',
    pipeline('steps: [{ repeatable: true }]'),
    ['5:13: step 1 must name what to run: import, process, export, action'],
  ],
  [
    'a misspelt kind of step',
    pipeline('steps: [{ imprt: a }]'),
    ['5:15: "imprt" is not a setting of a step; did you mean "import"?'],
  ],
  [
    'a mapping to a number',
    pipeline('steps: [{ import: a, mapping: { Year: 2026 } }]'),
    ['5:43: "Year" must be text (put it in quotes), not 2026'],
  ],
  [
    'a mapping on an export',
    pipeline('steps: [{ export: a, mapping: { Version: Actual } }]'),
    ['5:35: "mapping" belongs to a step of kind import or process, not export'],
  ],
  [
    'a mapping that is only a name',
    pipeline('steps: [{ import: a, mapping: Actual }]'),
    ['5:35: "mapping" must be pairs such as { Version: Actual }, not "Actual"'],
  ],
  [
    'a yes where true belongs',
    pipeline('steps: [{ import: a, repeatable: yes }]'),
    ['5:38: "repeatable" must be true or false, not "yes"'],
  ],
  [
    'an export among the ledgers',
    pipeline('steps: [{ export: a, to: runs/x.csv }]'),
    [
      `5:30: "to" must be a key outside ${STATE_FOLDERS.map((own) => `${own}/`).join(', ')} (Plandrop keeps its own records there), not "runs/x.csv"`,
    ],
  ],
  [
    'an export that climbs out of its folder',
    pipeline('steps: [{ export: a, to: exports/../runs/x.csv }]'),
    ['5:30: "to" must be a key without empty, "." or ".." parts, not "exports/../runs/x.csv"'],
  ],
  [
    'an unknown placeholder',
    pipeline('steps: [{ export: a, to: "exports/{day}.csv" }]'),
    ['5:30: "to" must be a key whose placeholders are {date}, {run}, {pipeline}, not "exports/{day}.csv"'],
  ],
  [
    'a placeholder that is never closed',
    pipeline('steps: [{ export: a, to: "exports/{date.csv" }]'),
    ['5:30: "to" must be a key in which each "{" has its "}", not "exports/{date.csv"'],
  ],
  [
    'a placeholder that is never opened',
    pipeline('steps: [{ export: a, to: "exports/date}-{run}.csv" }]'),
    ['5:30: "to" must be a key in which each "{" has its "}", not "exports/date}-{run}.csv"'],
  ],
  [
    'a placeholder within another',
    pipeline('steps: [{ export: a, to: "exports/{{run}}.csv" }]'),
    ['5:30: "to" must be a key in which each "{" has its "}", not "exports/{{run}}.csv"'],
  ],
  [
    'an export whose key is two lines',
    pipeline('steps: [{ export: a, to: "exports/a\\nb.csv" }]'),
    ['5:30: "to" must be a key in one line, without control characters, not "exports/a\\nb.csv"'],
  ],
  [
    'an export whose key is longer than S3 takes',
    pipeline(`steps: [{ export: a, to: "exports/${'é'.repeat(600)}.csv" }]`),
    [`5:30: "to" must be a key of at most 900 bytes, not "exports/${'é'.repeat(48)}...`],
  ],
  [
    'a text without end in place of settings, which is not repeated',
    '\0'.repeat(100_000),
    ['1:1: the file must be settings (anaplan, keepDays, notify, pipelines), not something of more than 2000 letters'],
  ],
  [
    'an export outside any folder',
    pipeline('steps: [{ export: a, to: "board.csv" }]'),
    ['5:30: "to" must be a key in a folder, such as "exports/board-{date}.csv", not "board.csv"'],
  ],
  [
    'a target on an import',
    pipeline('steps: [{ import: a, to: "exports/board.csv" }]'),
    ['5:30: "to" belongs to a step of kind export, not import'],
  ],
  [
    'allowances out of range',
    pipeline(steps, 'rejects: { maxRows: 1.5, maxPercent: 101 }'),
    [
      '6:25: "maxRows" must be a whole number of rows, 0 or more, not 1.5',
      '6:42: "maxPercent" must be a percentage from 0 to 100, not 101',
    ],
  ],
  [
    'an allowance that is only a number',
    pipeline(steps, 'rejects: 5'),
    ['6:14: "rejects" must be settings (maxRows, maxPercent, countIgnored), not 5'],
  ],
  [
    'an unknown choice',
    pipeline(steps, 'onFailure: stop'),
    ['6:16: "onFailure" must be one of hold, continue, not "stop"'],
  ],
  [
    'a time without a unit',
    pipeline(steps, 'modelWait: 120'),
    ['6:16: "modelWait" must be a time from 0s to 7d, such as 90s, 2min or 2h, not 120'],
  ],
  [
    'a time in words',
    pipeline(steps, 'modelWait: 2 hours'),
    ['6:16: "modelWait" must be a time from 0s to 7d, such as 90s, 2min or 2h, not "2 hours"'],
  ],
  [
    'a time that is too short',
    pipeline(steps, 'startGrace: 0s'),
    ['6:17: "startGrace" must be a time from 1s to 1h, such as 90s, 2min or 2h, not "0s"'],
  ],
  [
    'a time that is too long',
    pipeline(steps, 'deadline: 30d'),
    ['6:15: "deadline" must be a time from 1min to 14d, such as 90s, 2min or 2h, not "30d"'],
  ],
  [
    'a chunk larger than Anaplan takes',
    pipeline(steps, 'chunkMegabytes: 51'),
    ['6:21: "chunkMegabytes" must be a whole number of megabytes from 1 to 50, not 51'],
  ],
  [
    'a setting in the wrong case',
    pipeline(steps, 'upload: { chunksinflight: 4 }'),
    ['6:15: "chunksinflight" is not a setting of upload; did you mean "chunksInFlight"?'],
  ],
  [
    'a number out of range beside a misspelt key',
    pipeline(steps, 'retry: { attempts: 0, atempts: 3 }'),
    [
      '6:24: "attempts" must be a whole number from 1 to 50, not 0',
      '6:27: "atempts" is not a setting of retry; did you mean "attempts"?',
    ],
  ],
  [
    'an unknown strictness',
    pipeline(steps, 'source: lax'),
    ['6:13: "source" must be one of strict, warn, off, not "lax"'],
  ],
  [
    'text where a number belongs',
    pipeline(steps, 'poll: { minSeconds: fast }'),
    ['6:25: "minSeconds" must be a number of seconds from 1 to 1200, not "fast"'],
  ],
  [
    'a password in the clear',
    `anaplan: { apiUrl: "http://api.anaplan.com" }\n${pipeline(steps)}`,
    [
      '1:20: "apiUrl" must be an https:// address (http:// is for this machine only, such as http://127.0.0.1:7080), not "http://api.anaplan.com"',
    ],
  ],
  [
    'an address with a path',
    `anaplan: { authUrl: "https://auth.anaplan.com/token" }\n${pipeline(steps)}`,
    [
      '1:21: "authUrl" must be an address without a path, such as https://auth.anaplan.com (Plandrop adds the path), not "https://auth.anaplan.com/token"',
    ],
  ],
  [
    'an address without https',
    `anaplan: { oauthUrl: us1a.app.anaplan.com }\n${pipeline(steps)}`,
    ['1:22: "oauthUrl" must be an address such as https://api.anaplan.com, not "us1a.app.anaplan.com"'],
  ],
  [
    'an address with a password, which is not repeated',
    `anaplan: { apiUrl: "https://ann:hunter/2@api.anaplan.com" }\n${pipeline(steps)}`,
    ['1:20: "apiUrl" must be an address such as https://api.anaplan.com, not "https://***@api.anaplan.com"'],
  ],
  [
    'aliases that multiply',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefg'].map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdef'[i]}`).join(', ')}]\n`).join('')}`,
    ['1:1: the aliases ("*name") make more than 1000 copies of something; use fewer of them'],
  ],
  [
    'a number with a unit',
    `anaplan: { requestsPerMinute: 600/min }\n${pipeline(steps)}`,
    ['1:31: "requestsPerMinute" must be a whole number from 1 to 6000, not "600/min"'],
  ],
  [
    'two pipelines with one pattern',
    twoDrops('sales/*.csv', 'sales/*.csv'),
    [
      '10:17: "drop" can match the same key as the drop of pipeline "sales" (sales/*.csv); a key must have one pipeline',
    ],
  ],
  [
    'two pipelines whose patterns meet',
    twoDrops('sales/**', 'sales/*/x-*.csv'),
    ['10:17: "drop" can match the same key as the drop of pipeline "sales" (sales/**); a key must have one pipeline'],
  ],
  [
    'a key that JavaScript would hide',
    pipeline(steps, '__proto__: 1'),
    ['6:5: "__proto__" cannot be a name here; choose another'],
  ],
  [
    'a name of blanks',
    pipeline(steps).replace('FY26 Plan', '"  "'),
    ['4:12: "model" must be the name or id of the model, not ""'],
  ],
  [
    'a variable that is not set',
    pipeline(steps).replace('FY26 Plan', `"\${ANAPLAN_MODEL}"`),
    ['4:12: "model" needs the environment variable ANAPLAN_MODEL, which is not set'],
  ],
  [
    'a variable where the file itself must say it',
    pipeline(`steps: [{ import: "\${IMPORT}" }]`),
    [
      `5:23: "import" holds \${IMPORT}, and variables are filled in only in the addresses under anaplan, workspace, model and notify`,
    ],
  ],
  [
    'a variable with a default, as shells have them',
    pipeline(steps).replace('Finance', `"\${WORKSPACE:-Finance}"`),
    [`3:16: "workspace" holds \${WORKSPACE:-Finance}, which is not the name of a variable, such as \${ANAPLAN_MODEL}`],
  ],
  [
    'a mistake in what two pipelines merge, which is told once',
    'x-all: &all { workspace: Finance, model: FY26 Plan, onFailure: stop }\npipelines:\n  a: { <<: *all, steps: [{ process: x }] }\n  b: { <<: *all, steps: [{ process: x }] }',
    ['1:64: "onFailure" must be one of hold, continue, not "stop"'],
  ],
  [
    'a misspelt setting in what a pipeline merges',
    'x-all: &all\n  workspace: Finance\n  modle: FY26 Plan\npipelines:\n  a: { <<: [*all], steps: [{ process: x }] }',
    ['3:3: "modle" is not a setting of a pipeline; did you mean "model"?'],
  ],
  [
    'an alias to the mapping that it stands in',
    'pipelines: &all\n  a:\n    steps: *all',
    ['3:12: *all stands for what it is part of'],
  ],
  [
    'a merge of what is no mapping',
    'x-all: &all [a]\npipelines:\n  a:\n    <<: *all\n    steps: [{ process: x }]',
    ['4:5: "<<" merges mappings, such as <<: *name, and this is none'],
  ],
];

import { pipeline, steps } from './wrong-configurations.ts';

const set = (on: string, files: string): string =>
  pipeline(`on: { set: ${on} }`, `steps: [{ process: Nightly, files: { ${files} } }]`);

const next = (name: string, ...lines: string[]): string =>
  pipeline(...lines).replace('pipelines:\n  sales:', `  ${name}:`);

const NOTIFY_SETTINGS = `6:13: "notify" must be settings (topic, command, webhook), such as notify: { webhook: "\${SLACK_WEBHOOK}" }`;

/** As `WRONG_CONFIGURATIONS`: what is wrong with triggers, sets, archives, packed exports and alerts. */
export const WRONG_PIPELINES: readonly [what: string, text: string, messages: readonly string[]][] = [
  [
    'a setting that is nearly one',
    pipeline(steps, 'expectedBy: "06:30"'),
    ['6:5: "expectedBy" is not a setting of a pipeline; did you mean "expectBy"?'],
  ],
  [
    'a step setting that is nearly one',
    pipeline('steps: [{ process: x, file: { a: b } }]'),
    ['5:27: "file" is not a setting of a step; did you mean "files"?'],
  ],
  [
    'a pipeline after one that is misspelt',
    pipeline('on: { after: sale }', steps),
    ['5:18: "after" names "sale", and there is no such pipeline; did you mean "sales"?'],
  ],
  [
    'a pipeline after one that is not there',
    `${pipeline(steps)}\n${next('z', 'on: { after: nobody }', steps)}`,
    ['9:18: "after" names "nobody", and there is no such pipeline; there are sales, z'],
  ],
  ['a pipeline after itself', pipeline('on: { after: sales }', steps), ['5:18: "after" names this pipeline itself']],
  [
    'pipelines after each other in a circle',
    [
      pipeline('on: { after: b }', steps),
      next('b', 'on: { after: c }', steps),
      next('c', 'on: { after: sales }', steps),
    ].join('\n'),
    ['5:18: "after" goes round in a circle: sales after b after c after sales'],
  ],
  [
    'a pipeline after nothing',
    pipeline('on: { after: }', steps),
    ['5:11: "after" is empty; it must be the name of another pipeline'],
  ],
  [
    'a pipeline after several',
    pipeline('on: { after: [a, b] }', steps),
    ['5:18: "after" must be the name of another pipeline, not ["a","b"]'],
  ],
  [
    'two triggers at once',
    pipeline('on: { drop: "a/*", schedule: "rate(1 day)" }', steps),
    ['5:9: "on" takes one of drop, schedule, after, set, not drop and schedule'],
  ],
  [
    'a time zone for what follows another pipeline',
    `${pipeline('on: { after: x, timezone: UTC }', steps)}\n${next('x', steps)}`,
    ['5:31: "timezone" means nothing here: no schedule, expectBy or {date} goes by it'],
  ],
  [
    'a time zone without a time of day',
    pipeline('on: { drop: "a/*", timezone: UTC }', steps),
    ['5:34: "timezone" means nothing here: no schedule, expectBy or {date} goes by it'],
  ],
  [
    'a time zone said twice',
    pipeline('on: { drop: "a/*", timezone: UTC }', steps, 'expectBy: { at: "06:30", timezone: UTC }'),
    ['5:34: "timezone" means nothing here: no schedule, expectBy or {date} goes by it'],
  ],
  [
    'an unknown way to make a set',
    set('key', 'a: "x/*"'),
    ['5:16: "set" must be folder, date or { marker: "batch/*/_READY" }, not "key"'],
  ],
  [
    'a misspelt marker',
    set('{ market: "x/_R" }', 'a: "y/*"'),
    ['5:18: "market" is not a setting of set; did you mean "marker"?'],
  ],
  [
    'a marker that is longer than any key',
    set(`{ marker: "x/${'y'.repeat(1100)}" }`, 'a: "y/*"'),
    [`5:26: "marker" must be a pattern of at most 1024 letters (no key of S3 is longer), not "x/${'y'.repeat(54)}...`],
  ],
  [
    'a marker with a leading slash',
    set('{ marker: "/x/_R" }', 'a: "y/*"'),
    ['5:26: "marker" must be a pattern without a leading "/" or "./" (keys have none), not "/x/_R"'],
  ],
  [
    'a set left empty',
    set('', 'a: "y/*"'),
    ['5:11: "set" is empty; it must be folder, date or { marker: "batch/*/_READY" }'],
  ],
  [
    'a set without files',
    pipeline('on: { set: folder }', 'steps: [{ process: x }]'),
    ['5:9: "on" is a set, but no process says with files: which files it takes'],
  ],
  [
    'files of a process that a drop starts',
    pipeline('on: { drop: "s/*" }', 'steps: [{ import: x }, { process: x, files: { a: "b/*" } }]'),
    ['6:49: "files" belongs to a pipeline that a set starts, such as on: { set: folder }, not to one with drop'],
  ],
  [
    'files of a process that a schedule starts',
    pipeline('on: { schedule: "rate(1 day)" }', 'steps: [{ process: x, files: { a: "b/*" } }]'),
    ['6:34: "files" belongs to a pipeline that a set starts, such as on: { set: folder }, not to one with schedule'],
  ],
  [
    'files of two processes',
    pipeline(
      'on: { set: folder }',
      'steps: [{ process: x, files: { a: "b/*" } }, { process: y, files: { c: "d/*" } }]',
    ),
    ['6:71: "files" is there twice (step 1 has it too); one set fills one process'],
  ],
  [
    'files of an import',
    pipeline('steps: [{ import: x, files: { a: "b/*" } }]'),
    ['5:33: "files" belongs to a step of kind process, not import'],
  ],
  [
    'files left out',
    pipeline('on: { set: folder }', 'steps: [{ process: x, files: {} }]'),
    ['6:34: "files" must be pairs such as { Load Products: "products/*.csv" }, at least one, not {}'],
  ],
  [
    'files without names',
    pipeline('on: { set: folder }', 'steps: [{ process: x, files: ["a/*"] }]'),
    ['6:34: "files" must be pairs such as { Load Products: "products/*.csv" }, at least one, not ["a/*"]'],
  ],
  [
    'files with a leading slash',
    set('folder', 'Load Products: "/a/*"'),
    ['6:57: "Load Products" must be a pattern without a leading "/" or "./" (keys have none), not "/a/*"'],
  ],
  [
    'files that are a number',
    set('folder', 'Load Products: 5'),
    ['6:57: "Load Products" must be a pattern of keys, such as "products/*.csv", not 5'],
  ],
  [
    'files that one key would fill twice',
    set('folder', 'Load Products: "a/*.csv", Load Sales: "a/s*.csv"'),
    ['6:80: "Load Sales" can match the same key as "Load Products" (a/*.csv); a file must fill one place'],
  ],
  [
    'a set by date of a file that has none',
    set('date', 'Load Products: "a/products-*.csv", Load Sales: "a/sales.csv"'),
    ['6:89: "Load Sales" has no wildcard that a date such as 2026-01-31 or 20260131 fits in, and the set goes by date'],
  ],
  [
    'a set by folder of files in two folders',
    set('folder', 'Load Products: "products/*.csv", Load Sales: "sales/*.csv"'),
    [
      '6:87: "Load Sales" can never be in the same folder as "Load Products" (products/*.csv), and the set goes by folder',
    ],
  ],
  [
    'a marker that is also a file of the set',
    set('{ marker: "a/*/_READY" }', 'Load Products: "a/*/*"'),
    ['6:57: "Load Products" can match the marker too (a/*/_READY)'],
  ],
  [
    'a marker in another folder than the files',
    set('{ marker: "ready/_READY" }', 'Load Products: "batch/*/products.csv"'),
    [
      '6:57: "Load Products" can never be in the same folder as the marker (ready/_READY), and a marker completes the set of its folder',
    ],
  ],
  [
    'a drop that is also a file of a set',
    `${pipeline('on: { drop: "in/*/sales.csv" }', steps)}\n${next('z', 'on: { set: folder }', 'steps: [{ process: x, files: { Load Sales: "in/*/*.csv" } }]')}`,
    [
      '11:48: "Load Sales" can match the same key as the drop of pipeline "sales" (in/*/sales.csv); a key must have one pipeline',
    ],
  ],
  [
    'a drop that is also a marker',
    `${pipeline('on: { drop: "in/_R*Y" }', steps)}\n${next('z', 'on: { set: { marker: "in/_READY" } }', 'steps: [{ process: x, files: { Load Sales: "in/*.csv" } }]')}`,
    ['10:26: "marker" can match the same key as the drop of pipeline "sales" (in/_R*Y); a key must have one pipeline'],
  ],
  [
    'a drop within the braces of another',
    `${pipeline('on: { drop: "in/{a,b}.csv" }', steps)}\n${next('z', 'on: { drop: "in/b.csv" }', steps)}`,
    [
      '10:17: "drop" can match the same key as the drop of pipeline "sales" (in/{a,b}.csv); a key must have one pipeline',
    ],
  ],
  [
    'a file expected by a schedule',
    pipeline('on: { schedule: "rate(1 day)" }', 'steps: [{ process: x }]', 'expectBy: "06:30"'),
    ['7:15: "expectBy" waits for files, so it belongs to a pipeline with on: drop or on: set'],
  ],
  [
    'a file expected by a pipeline that nothing starts',
    pipeline(steps, 'expectBy: "06:30"'),
    ['6:15: "expectBy" waits for files, so it belongs to a pipeline with on: drop or on: set'],
  ],
  [
    'an expected time without its zero',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: 6:30'),
    ['7:15: "expectBy" must be a time of day from "00:00" to "23:59", not "6:30"'],
  ],
  [
    'an expected time that is a number',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: 630'),
    [
      '7:15: "expectBy" must be a time of day such as "06:30", or { at: "06:30", timezone: Europe/London, days: MON-FRI }, not 630',
    ],
  ],
  [
    'an expected hour that does not exist',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: { at: "25:00" }'),
    ['7:21: "at" must be a time of day from "00:00" to "23:59", not "25:00"'],
  ],
  [
    'an expectation without a time',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: { timezone: UTC }'),
    ['7:5: "at" is missing; it must be a time of day in quotes, such as "06:30"'],
  ],
  [
    'an expectation with a wrong zone and a wrong day',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: { at: "06:30", timezone: IST, days: MONDAY }'),
    [
      '7:40: "timezone" must be a time zone of the IANA database, such as Europe/London or UTC, not "IST"',
      '7:51: "days" must be days of the week, such as MON-FRI or MON,WED, not "MONDAY"',
    ],
  ],
  [
    'a misspelt setting of an expectation',
    pipeline('on: { drop: "a/*" }', steps, 'expectBy: { at: "06:30", day: MON }'),
    ['7:30: "day" is not a setting of expectBy; did you mean "days"?'],
  ],
  [
    'an unknown way to keep drops',
    pipeline('on: { drop: "a/*" }', steps, 'keep: forever'),
    ['7:11: "keep" must be leave, delete or { archive: "archive/" }, not "forever"'],
  ],
  [
    'a misspelt archive',
    pipeline('on: { drop: "a/*" }', steps, 'keep: { arcive: "archive/" }'),
    ['7:13: "arcive" is not a setting of keep; did you mean "archive"?'],
  ],
  [
    'an archive that is no folder',
    pipeline('on: { drop: "a/*" }', steps, 'keep: { archive: archive }'),
    ['7:22: "archive" must be a folder that ends in "/" and does not begin with it, such as "archive/", not "archive"'],
  ],
  [
    'an archive that is a pattern',
    pipeline('on: { drop: "a/*" }', steps, 'keep: { archive: "archive/*/" }'),
    ['7:22: "archive" must be one folder, such as "archive/", not a pattern, not "archive/*/"'],
  ],
  [
    'an archive that climbs out',
    pipeline('on: { drop: "a/*" }', steps, 'keep: { archive: "../x/" }'),
    ['7:22: "archive" must be a folder without empty, "." or ".." parts, not "../x/"'],
  ],
  [
    'an archive that a pipeline takes drops from',
    pipeline('on: { drop: "**/*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from (**/*.csv), so archived files would run again',
    ],
  ],
  [
    'an archive that a class of letters takes drops from',
    pipeline('on: { drop: "**/sales_[0-9]*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from (**/sales_[0-9]*.csv), so archived files would run again',
    ],
  ],
  [
    'an archive that is in a folder of a class',
    pipeline('on: { drop: "[a-z]*/**" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from ([a-z]*/**), so archived files would run again',
    ],
  ],
  [
    'an archive that a choice takes drops from',
    pipeline('on: { drop: "*/@(a|b)/*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from (*/@(a|b)/*.csv), so archived files would run again',
    ],
  ],
  [
    'an archive with a hidden folder that a pipeline takes drops from',
    pipeline('on: { drop: "archive/.in/*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from (archive/.in/*.csv), so archived files would run again',
    ],
  ],
  [
    'an archive with a hidden folder at any depth that a pipeline takes drops from',
    pipeline('on: { drop: "**/.inbox/*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" is a folder that pipeline "sales" takes drops from (**/.inbox/*.csv), so archived files would run again',
    ],
  ],
  [
    'an archive that a repetition of folders may take drops from',
    pipeline('on: { drop: "+(a/b|archive/c)/*.csv" }', steps, 'keep: { archive: "archive/" }'),
    [
      '7:22: "archive" may be a folder that pipeline "sales" takes drops from (+(a/b|archive/c)/*.csv), and archived files would run again; let the pattern begin with the name of a folder',
    ],
  ],
  [
    'drops kept by a schedule',
    pipeline('on: { schedule: "rate(1 day)" }', 'steps: [{ process: x }]', 'keep: delete'),
    ['7:11: "keep" says what becomes of drops, and a pipeline with schedule takes none'],
  ],
  [
    'a packed export whose name does not say so',
    pipeline('steps: [{ export: a, to: "exports/a.csv", gzip: true }]'),
    ['5:30: "to" must end in .gz, because the export is packed (gzip: true)'],
  ],
  [
    'a name that says packed, of an export that is not',
    pipeline('steps: [{ export: a, to: "exports/a.csv.gz" }]'),
    ['5:30: "to" ends in .gz, but the export is not packed; add gzip: true'],
  ],
  [
    'two exports to one key',
    pipeline('steps: [{ export: a, to: "exports/{run}.csv" }, { action: c }, { export: b, to: "exports/{run}.csv" }]'),
    ['5:85: "to" is where step 1 writes its export too; each needs a key of its own'],
  ],
  [
    'a packed import',
    pipeline('steps: [{ import: a, gzip: true }]'),
    ['5:32: "gzip" belongs to a step of kind export, not import'],
  ],
  ['a yes for gzip', pipeline('steps: [{ export: a, gzip: yes }]'), ['5:32: "gzip" must be true or false, not "yes"']],
  [
    'a notification to nobody',
    pipeline(steps, 'notify: {}'),
    ['6:13: "notify" must say where alerts go: topic, command or webhook'],
  ],
  [
    'a notification to two places',
    pipeline(steps, 'notify: { command: "./x", webhook: "https://x.example" }'),
    ['6:13: "notify" takes one of topic, command, webhook, not command and webhook'],
  ],
  [
    'a topic without its ARN',
    `notify: { topic: alerts }\n${pipeline(steps)}`,
    ['1:18: "topic" must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts'],
  ],
  [
    'a webhook for a topic, which is not repeated',
    pipeline(steps, 'notify: { topic: "https://hooks.example/T0/secret" }'),
    ['6:22: "topic" must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts'],
  ],
  [
    'a webhook in the clear, which is not repeated',
    pipeline(steps, 'notify: { webhook: "http://hooks.example/T0/secret" }'),
    ['6:24: "webhook" must be an address that begins with https:// (http:// is for this machine only)'],
  ],
  [
    'a misspelt command',
    pipeline(steps, 'notify: { comand: "./x" }'),
    ['6:15: "comand" is not a setting of notify; did you mean "command"?'],
  ],
  ['a notification to an address', pipeline(steps, 'notify: ann@example.com'), [NOTIFY_SETTINGS]],
  [
    'a webhook in place of settings, which is not repeated',
    pipeline(steps, 'notify: "https://hooks.example/T0/secret"'),
    [NOTIFY_SETTINGS],
  ],
  [
    'webhooks in place of settings, which are not repeated',
    pipeline(steps, `notify: ["https://hooks.example/T0/secret", "\${HOOK}"]`),
    [NOTIFY_SETTINGS],
  ],
  ['a variable in place of settings', pipeline(steps, `notify: "\${HOOK}"`), [NOTIFY_SETTINGS]],
  [
    'a variable in place of the settings of all',
    `notify: "\${HOOK}"\n${pipeline(steps)}`,
    [NOTIFY_SETTINGS.replace('6:13', '1:9')],
  ],
  [
    'notify without settings',
    pipeline(steps, 'notify:'),
    ['6:5: "notify" is empty; it must be settings (topic, command, webhook)'],
  ],
  [
    'a command in words, which are not repeated',
    pipeline(steps, 'notify: { command: [curl, "https://hooks.example/T0/secret"] }'),
    ['6:24: "command" must be a command, such as "./tell.sh"'],
  ],
  [
    'an empty command',
    pipeline(steps, 'notify: { command: "" }'),
    ['6:24: "command" must be a command, such as "./tell.sh", not ""'],
  ],
  [
    'state that is kept too short',
    `keepDays: 3\n${pipeline(steps)}`,
    ['1:11: "keepDays" must be a whole number of days from 7 to 3650, not 3'],
  ],
  [
    'state that is kept for words',
    `keepDays: 2y\n${pipeline(steps)}`,
    ['1:11: "keepDays" must be a whole number of days from 7 to 3650, not "2y"'],
  ],
  [
    'the retention of one pipeline',
    pipeline(steps, 'keepDays: 30'),
    ['6:5: "keepDays" is not a setting of a pipeline; did you mean "keep"?'],
  ],
  [
    'a rate with an unknown unit',
    pipeline('on: { schedule: "rate(5 mins)" }', steps),
    ['5:21: "schedule" must be a rate such as "rate(5 minutes)", "rate(1 hour)" or "rate(7 days)", not "rate(5 mins)"'],
  ],
  [
    'one of several hours',
    pipeline('on: { schedule: "rate(1 hours)" }', steps),
    [
      '5:21: "schedule" must be a rate such as "rate(5 minutes)", "rate(1 hour)" or "rate(7 days)", not "rate(1 hours)"',
    ],
  ],
  [
    'a time on a day that does not exist',
    pipeline('on: { schedule: "at(2026-02-30T06:00:00)" }', steps),
    ['5:21: "schedule" must be one time such as "at(2026-12-31T18:00:00)", not "at(2026-02-30T06:00:00)"'],
  ],
  [
    'a time that is only a date',
    pipeline('on: { schedule: "at(2026-02-28)" }', steps),
    ['5:21: "schedule" must be one time such as "at(2026-12-31T18:00:00)", not "at(2026-02-28)"'],
  ],
  [
    'a schedule that never fires',
    pipeline('on: { schedule: "cron(0 6 30 2 ? *)" }', steps),
    [
      '5:21: "schedule" must be a schedule that some day of the calendar fits (this one never fires), not "cron(0 6 30 2 ? *)"',
    ],
  ],
];

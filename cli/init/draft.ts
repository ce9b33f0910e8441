import { stringify } from 'yaml';

/** A pipeline as `plandrop init` writes it. Names are as the file says them. */
export interface DraftPipeline {
  name: string;
  workspace: string;
  model: string;
  on: DraftTrigger | undefined;
  steps: readonly DraftStep[];
}

export type DraftTrigger =
  | { kind: 'drop'; glob: string }
  | { kind: 'schedule'; expression: string; timezone: string }
  | { kind: 'set'; by: 'folder' | 'date' };

export interface DraftStep {
  kind: 'import' | 'process' | 'export';
  name: string;
  /** what the reader should know of it, one line each */
  notes: readonly string[];
  files?: readonly { name: string; glob: string }[];
  to?: string;
}

export interface Draft {
  /** where editors find the schema, as seen from the file */
  schema: string;
  /** where the tenant is, when it is not where most are */
  addresses: Readonly<Record<string, string>>;
  pipelines: readonly DraftPipeline[];
}

/** The text of a `plandrop.yaml` that explains itself. */
export function draftText({ schema, addresses, pipelines }: Draft): string {
  return `${[
    `# yaml-language-server: $schema=${schema}`,
    '# What Plandrop does with which file, or at what time. Names are those that you see in Anaplan; ids do too.',
    '#   npx plandrop validate --online          every mistake, and every name against Anaplan',
    '#   npx plandrop run <file> --pipeline …    one file, to its outcome',
    '#   npx plandrop local --drops ./drops      watch a folder and fire schedules',
    '',
    ...addressLines(addresses),
    'pipelines:',
    ...pipelines.flatMap((pipeline, index) => [...(index === 0 ? [] : ['']), ...pipelineLines(pipeline)]),
  ].join('\n')}\n`;
}

function addressLines(addresses: Draft['addresses']): string[] {
  const lines = Object.entries(addresses).map(([key, url]) => `  ${key}: ${scalar(url)}`);
  return lines.length === 0 ? [] : ['anaplan:', ...lines, ''];
}

function pipelineLines({ name, workspace, model, on, steps }: DraftPipeline): string[] {
  const loads = steps.some(({ kind, files }) => kind === 'import' || files !== undefined);
  const lines = [
    `workspace: ${scalar(workspace)}`,
    `model: ${scalar(model)}`,
    ...triggerLines(on),
    'steps:',
    ...steps.flatMap(stepLines),
    ...(loads
      ? [
          '# Rejected rows beyond this: exit code 2, a report, an alert, and no further step. Also maxPercent.',
          'rejects: { maxRows: 0 }',
        ]
      : []),
    '# After a failure nothing else runs in this model before a person has looked; "continue" lets the next run start.',
    'onFailure: hold',
    ...(on?.kind === 'drop' || on?.kind === 'set'
      ? [
          '# One alert when nothing has come by then:',
          '# expectBy: { at: "06:30", timezone: Europe/London, days: MON-FRI }',
        ]
      : []),
  ];
  return [`  ${name}:`, ...lines.map((line) => `    ${line}`)];
}

function triggerLines(on: DraftTrigger | undefined): string[] {
  switch (on?.kind) {
    case undefined:
      return ['# Nothing starts it but plandrop run.'];
    case 'drop':
      return ['# Each file whose key matches; "*" stays within one folder.', `on: { drop: ${quoted(on.glob)} }`];
    case 'schedule':
      return [
        '# cron(minute hour day month weekday year), rate(1 hour) or at(2026-12-31T18:00:00)',
        `on: { schedule: ${quoted(on.expression)}, timezone: ${on.timezone} }`,
      ];
    case 'set':
      return [
        on.by === 'folder'
          ? '# It starts when all its files are there in one folder; by date or by a marker file is possible too.'
          : '# It starts when all its files of one date are there, such as 2026-01-31 or 20260131 in their keys.',
        `on: { set: ${on.by} }`,
      ];
    default:
      return on satisfies never;
  }
}

function stepLines({ kind, name, notes, files, to }: DraftStep): string[] {
  const within = [
    ...(files === undefined ? [] : ['files:', ...files.map((file) => `  ${scalar(file.name)}: ${quoted(file.glob)}`)]),
    ...(to === undefined ? [] : [`to: ${quoted(to)}`]),
  ];
  return [
    ...notes.map((note) => `  # ${note.replaceAll(/\s+/g, ' ')}`),
    `  - ${kind}: ${scalar(name)}`,
    ...within.map((line) => `    ${line}`),
  ];
}

const quoted = (text: string): string => JSON.stringify(text);

/** As YAML writes it: in quotes only where it would be read as something else. */
const scalar = (text: string): string => stringify(text, { lineWidth: 0 }).trim();

import { Document, Scalar, visit } from 'yaml';
import { describedSchema, type JsonSchema } from '../../shared/pipeline/json-schema.ts';

const HEAD = `# Configuration

What Plandrop does with which file or at what time is said in one file, \`plandrop.yaml\`. This page lists every setting of it; the
[cookbook](cookbook.md) shows whole pipelines. It is written from the schema by \`npm run docs:configuration\`: change it there.

\`\`\`sh
npx plandrop init                # writes the file by asking Anaplan and you
npx plandrop validate            # every mistake at once, with line, column and the nearest key
npx plandrop validate --online   # and every name, against Anaplan
npx plandrop schema              # the JSON Schema, for editors
npx plandrop lock                # the ids of all names, for AWS
\`\`\`

* **Names and ids.** Workspaces, models, imports, processes, exports and actions are said by the name that you see in Anaplan, or by
  id. An id of digits needs quotes. Where two things have one name, only the id tells them apart.
* **Keys** are the names of files in the bucket, or below the folder of drops, with \`/\` between folders. In a pattern \`*\` stands for
  any letters within one folder, \`**\` in the place of a folder for folders of any depth, \`?\` for one letter, \`{a,b}\` and \`@(a|b)\`
  for either, and \`[0-9]\` for one of several letters; any other letter for itself, a parenthesis too, unless one of @ ! + * ? stands
  before it. Capitals count. What begins with a dot is matched only by a dot. Each key should fit one pipeline: patterns that
  certainly share a key are a mistake. Where they only may, \`plandrop validate\` warns, and a drop that fits several gets a run of each.
* **Times** are written \`90s\`, \`2min\`, \`1h 30min\`, \`7d\`.
* **Variables.** \`\${NAME}\` is filled in from the environment in the addresses under \`anaplan\`, in \`workspace\`, \`model\` and \`notify\`,
  and nowhere else: what a pipeline does is to be seen in the file. One that is not set is a mistake. Credentials never stand in
  the file. For AWS they are filled in by whoever runs \`plandrop lock\` and \`cdk deploy\`.
* **What pipelines share** can be written once: YAML's anchors, aliases and merge keys work, and a key at the top that begins with
  \`x-\` is yours, as a place for them.
* **A change** is for the runs that begin after it. A run keeps the definition that it began with, in its ledger; \`plandrop local\`
  reads the file when it starts.
* **A change in Anaplan.** On one machine names are resolved by themselves, and an import is read anew before a file is refused by its
  columns, separator or encoding. On AWS all these stand in the lock file: write it anew (\`plandrop lock\`), review and deploy it when
  a name here or in Anaplan changes, when an object is made anew, which gives it another id, and when the columns, the separator or the
  encoding of an import change. \`plandrop validate --online\` says whether it has fallen behind.

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/plandrop/dist/plandrop.schema.json
x-finance: &finance { workspace: Finance, model: "\${FINANCE_MODEL}" }

pipelines:
  sales-actuals:
    <<: *finance
    on: { drop: "sales/*.csv" }
    steps:
      - import: Load Sales
        mapping: { Version: Actual }
      - process: Recalculate
    rejects: { maxRows: 0 }
\`\`\`
`;

/** The text of docs/configuration.md. */
export function configurationReference(): string {
  const root = describedSchema();
  const pipeline = inner(root.properties?.pipelines);
  const step = inner(pipeline.properties?.steps);
  return [
    HEAD,
    section('## The file', 'At the top of the file.', root),
    section('## anaplan', root.properties?.anaplan?.description, root.properties?.anaplan),
    section('## A pipeline', 'Under `pipelines`, each below its name.', pipeline),
    section('### on', 'One of drop, schedule, after and set.', pipeline.properties?.on),
    section('#### set', 'Where a marker file says it.', objectOf(pipeline.properties?.on?.properties?.set)),
    section(
      '### steps',
      'Each step is one of import, process, export and action. The file to upload to follows from the import.',
      step,
    ),
    ...['rejects', 'expectBy', 'keep', 'notify', 'retry', 'poll', 'upload'].map((key) => {
      const schema = pipeline.properties?.[key];
      return section(`### ${key}`, schema?.description, objectOf(schema));
    }),
    TAIL,
  ].join('\n');
}

const TAIL = `## The environment

Variables win over the file.

| Variable | What it is for |
| --- | --- |
| \`ANAPLAN_API_URL\`, \`ANAPLAN_AUTH_URL\`, \`ANAPLAN_OAUTH_URL\` | Where Anaplan is, instead of \`anaplan.apiUrl\`, \`authUrl\` and \`oauthUrl\`. |
| \`ANAPLAN_USERNAME\` and the others | The sign-in: see [Credentials](../README.md#credentials). |
| \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`NO_PROXY\` | A proxy for all requests to Anaplan, and the hosts that are reached without it. |
| \`NODE_EXTRA_CA_CERTS\` | A file of further certificate authorities (PEM), such as that of a proxy that looks into TLS. Node reads it when it starts. |
`;

/** What stands under names, or in a list. */
function inner(schema: JsonSchema | undefined): JsonSchema {
  const { additionalProperties, items } = schema ?? {};
  return items ?? (typeof additionalProperties === 'object' ? additionalProperties : {});
}

/** Of several shapes, the one with settings. */
const objectOf = (schema: JsonSchema | undefined): JsonSchema | undefined =>
  schema?.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;

function section(heading: string, text: string | undefined, schema: JsonSchema | undefined): string {
  const rows = Object.entries(schema?.properties ?? {}).map(([key, setting]) => {
    const needed = schema?.required?.includes(key) === true && setting.default === undefined;
    return `| \`${key}\` | ${cell(setting.description)} | ${cell(valueText(setting))} | ${needed ? '(needed)' : defaultOf(setting)} | ${code(written(key, setting.example))} |`;
  });
  return `${heading}

${text ?? ''}

| Key | What it is for | Value | Default | Example |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function valueText({ accepts, items, properties, additionalProperties }: JsonSchema): string {
  if (accepts !== undefined) return accepts;
  if (items !== undefined) return 'a list of steps, below';
  if (properties !== undefined) return 'settings, below';
  return typeof additionalProperties === 'object' ? 'names, with settings under each' : '';
}

function defaultOf({ default: standard, properties }: JsonSchema): string {
  return standard === undefined || properties !== undefined ? '' : code(String(standard));
}

/** `key: example` in one line; what is more than plain words stands in quotes, as it is safest to write it. */
export function written(key: string, example: unknown): string {
  const document = new Document({ [key]: example });
  visit(document, {
    Scalar: (at, node) => {
      if (at !== 'key' && typeof node.value === 'string' && !/^[A-Za-z][\w -]*$/.test(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
    Map: (_, node, path) => {
      node.flow = path.length > 1;
    },
    Seq: (_, node) => {
      node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 }).trim();
}

const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);

const cell = (text = ''): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

import * as z from 'zod';
import { MODEL_STATES } from '../definition/tenant-definition.ts';
import { MESSAGE_CODES } from '../engine/messages.ts';
import { type Finding, readObject, readYaml } from '../mistakes.ts';

const count = z.number().int().positive();

const match = z.strictObject({
  method: z.string().optional(),
  /**
   * Of the path without query: a glob (`*` within a segment, `**` across) or a regular expression between slashes that ends in `/`,
   * such as `/chunks.[02]$/`.
   */
  path: z.string().optional(),
  /** e-mail of the user; the sign-in itself has none yet */
  user: z.string().optional(),
  /** which of the requests that match, from 1 */
  nth: z.union([count, z.array(count)]).optional(),
  /** every n-th of them */
  every: count.optional(),
  /** each of them with this probability, drawn from the simulator's seed */
  chance: z.number().min(0).max(1).optional(),
});

const answer = z.strictObject({
  status: z.number().int().min(200).max(599),
  headers: z
    .record(
      z.string(),
      z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string()),
    )
    .default({}),
  /** `json`: Anaplan's error envelope; `html`: a gateway's page; `empty`: none. `body` wins. */
  form: z.enum(['json', 'html', 'empty']).default('json'),
  /** text of the envelope; default: the status's usual phrase */
  message: z.string().optional(),
  /** sent as it is, an object as JSON */
  body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** whether the server has acted before this answer takes the place of its own */
  acted: z.boolean().default(false),
});

const action = z
  .strictObject({
    /** waits before anything else */
    delayMs: z.number().nonnegative().optional(),
    answer: answer.optional(),
    /** cuts the connection before or after the server acted, instead of an answer */
    reset: z.enum(['before', 'after']).optional(),
    /** the caller gets its answer or reset now, but the server acts this much later */
    actLaterMs: z.number().positive().optional(),
    /** for as long as `delayMs` or `actLaterMs` say, the model is busy: it holds whoever wants to read its files */
    busy: z.boolean().optional(),
    /** cuts the connection after so many bytes of the answer's body; `half` for the half */
    truncate: z.union([z.number().int().nonnegative(), z.literal('half')]).optional(),
    /** the answer's body becomes garbage; status and headers stay */
    garble: z.boolean().optional(),
    /** every token dies before the request is looked at */
    expireTokens: z.boolean().optional(),
    /** changes a model's state; without `model`, of all */
    modelState: z.strictObject({ model: z.string().optional(), state: z.enum(MODEL_STATES) }).optional(),
    /** unloads a model, so that it forgets its tasks; `true`: all */
    unload: z.union([z.literal(true), z.string()]).optional(),
    /** for the task that this request starts */
    task: z
      .strictObject({
        /** how long each of its actions runs */
        seconds: z.number().nonnegative().optional(),
        /** the message it fails with, without having done anything */
        fails: z
          .strictObject({ type: z.enum(MESSAGE_CODES), values: z.record(z.string(), z.string()).default({}) })
          .optional(),
      })
      .optional(),
    /** somebody else starts an action, just before this request is looked at */
    otherStarts: z
      .strictObject({ action: z.string(), user: z.string().optional(), seconds: z.number().nonnegative().optional() })
      .optional(),
    /** how fast the request's body is taken and the answer's body given */
    bytesPerSecond: z.number().positive().optional(),
  })
  .refine((each) => Object.keys(each).length > 0, 'must do something');

const rule = z.strictObject({
  match: match.default({}),
  /** what happens; `then` reads better in YAML, `do` is for code, where an object with `then` looks like a promise */
  do: action.optional(),
  // biome-ignore lint/suspicious/noThenProperty: a word of the scenario file; nothing awaits a schema's shape
  then: action.optional(),
});

export const scenarioSchema = z.strictObject({
  name: z.string().optional(),
  rules: z.array(rule).default([]),
});

/** Weather: rules that make the simulator misbehave. The first rule that fits a request is the one that happens to it. */
export type Scenario = z.input<typeof scenarioSchema>;
export type ScenarioPlan = z.output<typeof scenarioSchema>;
export type Rule = ScenarioPlan['rules'][number];
export type WeatherAction = z.output<typeof action>;

/** What a rule does. A rule that says nothing is refused when it is read. */
export const actionOf = (rule: Rule): WeatherAction => rule.do ?? rule.then ?? {};

/** Reads a scenario file. @throws SimulatorFileError listing every mistake with its line */
export function parseScenario(yamlText: string): ScenarioPlan {
  return readYaml('scenario', scenarioSchema, yamlText, checkScenario);
}

/** Fills in a scenario. @throws SimulatorFileError listing every mistake */
export function planScenario(scenario: Scenario): ScenarioPlan {
  return readObject('scenario', scenarioSchema, scenario, checkScenario);
}

function checkScenario({ rules }: ScenarioPlan): Finding[] {
  return rules.flatMap((each, i) => {
    const findings: Finding[] = [];
    const { path } = each.match;
    try {
      if (path !== undefined) pathPattern(path);
    } catch (error) {
      findings.push({
        path: ['rules', i, 'match', 'path'],
        message: error instanceof Error ? error.message : String(error),
      });
    }
    if ((each.do === undefined) === (each.then === undefined)) {
      findings.push({ path: ['rules', i], message: 'a rule says what happens once: in `then` or in `do`' });
    }
    const { reset, answer } = actionOf(each);
    const { busy, delayMs, actLaterMs } = actionOf(each);
    if (busy && !delayMs && !actLaterMs)
      findings.push({ path: ['rules', i], message: 'busy needs delayMs or actLaterMs, which say for how long' });
    if (reset && answer) findings.push({ path: ['rules', i], message: 'either reset or answer, not both' });
    return findings;
  });
}

/** The pattern of a glob or of `/regular expression/`. @throws SyntaxError */
export function pathPattern(path: string): RegExp {
  if (path.length > 2 && path.startsWith('/') && path.endsWith('/')) return new RegExp(path.slice(1, -1));
  const source = path.replaceAll(/\*\*|\*|[.+?^${}()|[\]\\]/g, (part) => {
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

import * as z from 'zod';
import { parseDuration } from './duration.ts';

/** One message for a value that is missing, empty, of the wrong type or out of range. The subject is put in front of it. */
export function must(be: string): (issue: { input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined) return `is missing; it must be ${be}`;
    if (input === null) return `is empty; it must be ${be}`;
    const quote = typeof input === 'number' && be.startsWith('the name or id') ? ' (put it in quotes)' : '';
    return `must be ${be}, not ${show(input)}${quote}`;
  };
}

/** Nothing that a person wrote into a setting is longer, and looking for passwords in it would take long. */
const LONGEST_SHOWN = 2000;

function show(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  const whole = JSON.stringify(value) ?? String(value);
  if (whole.length > LONGEST_SHOWN) return `something of more than ${LONGEST_SHOWN} letters`;
  const text = withoutPassword(whole);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Of what looks like an address with a user name and a password, only the rest is shown. */
function withoutPassword(text: string): string {
  return text.replace(/(:\/\/)[^\s"]*@|[^\s"/]+:(?!\/\/)[^\s"]*@/g, (_, before?: string) => `${before ?? ''}***@`);
}

/**
 * What a setting is for, and an example of it: for editors (`plandrop schema`) and docs/configuration.md. The helpers below add what it
 * `accepts`, in the words of their mistakes.
 */
export const about = <T extends z.ZodType>(description: string, example: unknown, schema: T): T =>
  schema.meta({ ...schema.meta(), description, example });

export const nameOrId = (of: string) =>
  z
    .string({ error: must(`the name or id of ${of}`) })
    .trim()
    .min(1, { error: must(`the name or id of ${of}`) })
    .meta({ accepts: `the name or id of ${of}` });

export function number(be: string, { from, to, whole = true }: { from: number; to: number; whole?: boolean }) {
  const error = must(be);
  return (whole ? z.int({ error }) : z.number({ error })).min(from, { error }).max(to, { error }).meta({ accepts: be });
}

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: must(`one of ${values.join(', ')}`) }).meta({ accepts: `one of ${values.join(', ')}` });

export const yesOrNo = () => z.boolean({ error: must('true or false') }).meta({ accepts: 'true or false' });

/** Text checked by a function that says what it must be. A mistake does not repeat what is `secret`. */
export const checked = (
  be: string,
  mistake: (text: string) => string | undefined,
  { secret = false }: { secret?: boolean } = {},
) =>
  z
    .string({ error: secret ? `must be ${be}` : must(be) })
    .superRefine((text, context) => {
      const wrong = mistake(text);
      if (wrong === undefined) return;
      context.addIssue({ code: 'custom', message: secret ? `must be ${wrong}` : must(wrong)({ input: text }) });
    })
    .meta({ accepts: be });

/** One of several shapes. Mistakes within a mapping are told as such; anything that has none of the shapes is told by `be`. */
export const either = <const T extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(be: string, shapes: T) =>
  z.union(shapes, { error: must(be) }).meta({ accepts: be });

export function duration(from: string, to: string) {
  const be = `a time from ${from} to ${to}, such as 90s, 2min or 2h`;
  const [least, most] = [parseDuration(from) ?? 0, parseDuration(to) ?? Number.POSITIVE_INFINITY];
  return checked(be, (text) => {
    const seconds = parseDuration(text);
    return seconds === undefined || seconds < least || seconds > most ? be : undefined;
  }).transform((text) => parseDuration(text) ?? 0);
}

/**
 * A mapping of settings. `title` is how a mistake names the place: `"x" is not a setting of <title>`. With `secretAsIn`, an example of
 * how it is written, a mistake does not repeat what stands in its place, because that may be a secret.
 */
export const settings = <T extends z.core.$ZodLooseShape>(
  title: string,
  shape: T,
  { secretAsIn }: { secretAsIn?: string } = {},
) => {
  const be = `settings (${Object.keys(shape).join(', ')})`;
  const withoutInput = `must be ${be}, such as ${secretAsIn}`;
  const error = ({ input }: { input?: unknown }) =>
    secretAsIn === undefined || input == null ? must(be)({ input }) : withoutInput;
  return z.strictObject(shape, { error }).meta({ title });
};

/** A broken rule across settings, told at `path` below the mapping; not told when one of `unlessMeant` is there but misspelt. */
export interface BrokenRule {
  path?: string[];
  message: string;
  at?: 'key';
  unlessMeant?: readonly string[];
}

/** Adds a rule across settings. It sees the mapping even when some settings in it are wrong, so that all mistakes are told at once. */
export const ruled = <T extends z.ZodType>(schema: T, rule: (value: object) => readonly BrokenRule[]): T =>
  schema.superRefine(
    (value, context) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      for (const { path = [], message, at, unlessMeant } of rule(value)) {
        context.addIssue({ code: 'custom', path, message, params: { at, unlessMeant } });
      }
    },
    { when: () => true },
  );

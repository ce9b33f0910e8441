import * as z from 'zod';
import { configurationSchema } from './schema.ts';

/** What is read of a JSON Schema of ours; everything else in it passes through. */
export interface JsonSchema {
  description?: string;
  /** in the words of the mistakes */
  accepts?: string;
  example?: unknown;
  default?: unknown;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  [other: string]: unknown;
}

/** What a person may write in `plandrop.yaml`. Beside the usual words each setting has an `example` and what it `accepts`. */
export function describedSchema(): JsonSchema {
  // Zod's own type also has the schemas `true` and `false`, which ours never are.
  return z.toJSONSchema(configurationSchema, { io: 'input' }) as JsonSchema;
}

/**
 * The JSON Schema of `plandrop.yaml` for editors: each description says what a setting is for and what it must be. It knows single
 * settings; what must fit together is told by `plandrop validate`.
 */
export function editorSchema(): JsonSchema {
  return {
    ...forEditors(describedSchema()),
    title: 'Plandrop configuration',
    // Notes of the writer, a place for anchors.
    patternProperties: { '^x-': {} },
  };
}

function forEditors({ title: _, description, accepts, example, ...schema }: JsonSchema): JsonSchema {
  const told = accepts === undefined ? description : `${description} Must be ${accepts}.`;
  const { properties, additionalProperties, items, anyOf } = schema;
  return {
    ...schema,
    ...(description === undefined ? {} : { description: told }),
    ...(example === undefined ? {} : { examples: [example] }),
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: forEditors(additionalProperties) } : {}),
    ...(items === undefined ? {} : { items: forEditors(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(forEditors) }),
  };
}

function mapped(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, forEditors(each)]));
}

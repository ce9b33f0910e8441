import { fillIn, type Variables } from '../shared/pipeline/fill-in.ts';
import { readYaml, withoutNotes } from '../shared/pipeline/read-yaml.ts';

/**
 * The text of a configuration as it travels with the functions (JSON, which is YAML): the variables of the environment are filled in,
 * because functions have others; commands and web addresses to notify are left out, because they serve one machine, and an address
 * may hold a secret.
 * @param text a configuration without mistakes
 */
export function deployedConfiguration(text: string, variables: Variables): string {
  const yaml = readYaml(text);
  const { value } = fillIn(withoutNotes(yaml.ok ? yaml.value : {}), variables);
  return `${JSON.stringify(value, (key, inner: unknown) => (key === 'notify' && !hasTopic(inner) ? undefined : inner), 2)}\n`;
}

function hasTopic(notify: unknown): boolean {
  return typeof notify === 'object' && notify !== null && 'topic' in notify;
}

import { fillIn, type Variables } from '../shared/pipeline/fill-in.ts';
import { readYaml, withoutNotes } from '../shared/pipeline/read-yaml.ts';
import type { Configuration } from '../shared/pipeline/schema.ts';

/**
 * The text of a configuration as it travels with the functions (JSON, which is YAML): the variables of the environment are filled in,
 * and the addresses of Anaplan are those that hold here, because functions have another environment; commands and web addresses to notify are
 * left out, because they serve one machine, and an address may hold a secret.
 * @param text a configuration without mistakes
 */
export function deployedConfiguration(
  text: string,
  variables: Variables,
  { apiUrl, authUrl, oauthUrl }: Pick<Configuration['anaplan'], 'apiUrl' | 'authUrl' | 'oauthUrl'>,
): string {
  const yaml = readYaml(text);
  const value = objectOf(fillIn(withoutNotes(yaml.ok ? yaml.value : {}), variables).value);
  const pipelines = Object.entries(objectOf(value.pipelines)).map(([name, pipeline]) => [
    name,
    withTopicOnly(objectOf(pipeline)),
  ]);
  const deployed = {
    ...withTopicOnly(value),
    anaplan: { ...objectOf(value.anaplan), apiUrl, authUrl, oauthUrl },
    pipelines: Object.fromEntries(pipelines),
  };
  return `${JSON.stringify(deployed, null, 2)}\n`;
}

function withTopicOnly({ notify, ...others }: Record<string, unknown>): Record<string, unknown> {
  return Object.hasOwn(objectOf(notify), 'topic') ? { ...others, notify } : others;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

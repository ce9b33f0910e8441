import { resolve } from 'node:path';
import type { CommandPlace } from '../shared/diagnosis/command-place.ts';
import { configOption, dataDirOption } from './options.ts';

/** What commands typed in this folder would not find by themselves. */
export function commandPlace({ dataDir, config }: { dataDir: string; config: string }): CommandPlace {
  const given = (path: string, standard: string) => (resolve(path) === resolve(standard) ? undefined : resolve(path));
  const [data, file] = [given(dataDir, dataDirOption().defaultValue), given(config, configOption().defaultValue)];
  return { ...(data === undefined ? {} : { dataDir: data }), ...(file === undefined ? {} : { config: file }) };
}

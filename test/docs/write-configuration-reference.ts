import { writeFileSync } from 'node:fs';
import { configurationReference } from './configuration-reference.ts';

/** `npm run docs:configuration`: writes docs/configuration.md anew, after a change of the schema. */
writeFileSync(new URL('../../docs/configuration.md', import.meta.url), configurationReference());

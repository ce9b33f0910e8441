import { expect, it } from 'vitest';
import * as z from 'zod';
import { editorSchema } from '../../shared/pipeline/json-schema.ts';
import { plandrop } from './plandrop.ts';

it('plandrop schema prints one JSON document, with --json and without', async () => {
  const answers = await Promise.all([plandrop(['schema']), plandrop(['schema', '--json'])]);
  for (const { code, stdout, stderr } of answers) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(z.record(z.string(), z.unknown()).parse(JSON.parse(stdout))).toEqual(editorSchema());
  }
});

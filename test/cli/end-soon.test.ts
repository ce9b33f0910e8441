import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finished } from '../end-to-end/plandrop.ts';

it('a command that was interrupted ends, whatever it is still at, with its own exit code', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'children/busy.ts')]);
  expect(await finished(child)).toEqual({ code: 130, stdout: 'said\n', stderr: '' });
});

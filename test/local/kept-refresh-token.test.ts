import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KeptRefreshToken } from '../../infra/local/kept-refresh-token.ts';

it('uses the latest refresh token also after a restart, until a person sets another', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'plandrop-token-'));
  try {
    const start = (set: string) =>
      new KeptRefreshToken(dataDir, {
        credentials: async () => ({ kind: 'oauth', clientId: 'client', refreshToken: set }),
      });
    const first = start('first');
    expect(await first.credentials()).toMatchObject({ refreshToken: 'first' });
    await first.keep('second');
    await first.keep('third');
    expect(await start('first').credentials()).toMatchObject({ clientId: 'client', refreshToken: 'third' });
    expect(await start('by hand').credentials()).toMatchObject({ refreshToken: 'by hand' });
    expect((await stat(join(dataDir, 'refresh-token.json'))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

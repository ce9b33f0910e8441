import { describe, it } from 'vitest';
import { plandrop, tenantAndFolder } from './plandrop.ts';

describe.concurrent('a name that is empty, as that of a variable which is not set,', () => {
  it.for([
    [['runs', '--data-dir', '']],
    [['run', '--pipeline', 'nightly', '--data-dir', ' ']],
    [['local', '--data-dir', '']],
    [['local', '--drops', '']],
    [['runs', '--state-bucket', '']],
  ])('%j is refused', async ([args = []], { expect }) => {
    const { code, stdout } = await plandrop([...args, '--json']);
    expect([code, JSON.parse(stdout).error.message]).toEqual([64, expect.stringMatching(/Name a (folder|bucket)\./)]);
  });

  it('is no bucket in the environment, so a data folder is read', async ({ expect }) => {
    await using at = await tenantAndFolder();
    const args = ['--json', '--data-dir', at.dataDir];
    const ran = await plandrop(['run', '--pipeline', 'nightly', ...args], at.env);
    const { code, stdout } = await plandrop(['runs', ...args], { PLANDROP_STATE_BUCKET: '' });
    expect([ran.code, code, JSON.parse(stdout)]).toMatchObject([0, 0, [{ outcome: 'succeeded' }]]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Json } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

const GOOD = 'Products,Time,Units,Note\nTea,Jan 26,1,\n';

/** Whether a promise is still open when everything that can happen now has happened. */
async function isHeld(promise: Promise<unknown>): Promise<boolean> {
  let open = true;
  promise.finally(() => {
    open = false;
  });
  for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
  return open;
}

describe('a busy model', () => {
  it('holds files and lists until the task is over, and answers about tasks and actions at once', async () => {
    const { caller, clock, id } = await inProcess();
    await caller.start('imports', id('imports', 'Load Sales'));
    const held = [caller.model('GET', '/files'), caller.model('GET', '/lists'), caller.model('GET', '/modules')];
    for (const each of held) expect(await isHeld(each)).toBe(true);
    for (const path of [
      '/imports',
      '/processes',
      '/exports',
      '/actions',
      `/imports/${id('imports', 'Load Sales')}/tasks`,
    ]) {
      expect((await caller.model('GET', path)).status).toBe(200);
    }
    await clock.advance(2000);
    expect((await Promise.all(held)).map((each) => each.status)).toEqual([200, 200, 200]);
  });

  it('answers 504 to who would wait longer than the gateway does', async () => {
    const { caller, clock, id } = await inProcess({ ...smallTenant, settings: { taskSeconds: 100, holdSeconds: 30 } });
    await caller.start('imports', id('imports', 'Load Sales'));
    const held = caller.model('GET', '/files');
    expect(await isHeld(held)).toBe(true);
    await clock.advance(30_000);
    expect(await held).toEqual({ status: 504, json: expect.stringContaining('<h1>504 Gateway Time-out</h1>') });
  });

  it('loads what the file is when the import reads it, though it was overwritten meanwhile', async () => {
    const { caller, clock, id, file, report } = await inProcess();
    await caller.upload(file('Load Sales'), GOOD);
    await caller.start('imports', id('imports', 'Load Sales'));
    await clock.advance(1000);
    await caller.upload(file('Load Sales'), 'Products,Time,Units,Note\nCoffee,Feb 26,9,\n');
    await clock.advance(1000);
    expect((await report()).modules.Sales).toEqual([{ Products: 'Coffee', Time: 'Feb 26', Units: 9 }]);
  });
});

describe('a model that is not loaded', () => {
  it('is unloaded after an idle hour, forgets its tasks, and lets the next call wait', async () => {
    const { caller, clock, run, id } = await inProcess({
      ...smallTenant,
      settings: { taskSeconds: 2, tokenSeconds: 36_000 },
    });
    const { taskId } = await run('imports', 'Load Sales', GOOD);
    const path = `/imports/${id('imports', 'Load Sales')}/tasks/${taskId}`;
    await clock.advance(59 * 60_000);
    expect((await caller.model('GET', path)).status).toBe(200);
    await clock.advance(60 * 60_000);
    expect((await caller.model('GET', '/status')).json.requestStatus).toMatchObject({
      currentStep: 'Closed',
      progress: -1,
    });
    const poll = caller.model('GET', path);
    expect(await isHeld(poll)).toBe(true);
    expect((await caller.model('GET', '/status')).json.requestStatus.currentStep).toBe('Opening');
    await clock.advance(5000);
    expect((await poll).status).toBe(404);
    expect((await caller.model('GET', '/status')).json.requestStatus.currentStep).toBe('Open');
  });

  it('is opened and closed by workspace administrators', async () => {
    const { caller, clock, signIn } = await inProcess();
    const runner = await signIn('runner', 'r');
    const step = async () => (await caller.model('GET', '/status')).json.requestStatus.currentStep;
    expect((await runner.model('POST', '/close')).status).toBe(404);
    expect((await caller.model('POST', '/open')).status).toBe(200);
    expect((await caller.model('POST', '/close')).status).toBe(204);
    expect(await step()).toBe('Closing');
    await clock.advance(2000);
    expect(await step()).toBe('Closed');
    expect(await caller.model('POST', '/open')).toEqual({ status: 202, json: '' });
    await clock.advance(5000);
    expect(await step()).toBe('Open');
  });

  it('can be deleted when it is closed', async () => {
    const { caller, clock, simulator } = await inProcess();
    const remove = async () => {
      const path = `/2/0/workspaces/${simulator.workspace.id}/bulkDeleteModels`;
      const body = JSON.stringify({ modelIdsToDelete: [simulator.model.id, 'X'] });
      return (await caller.send('POST', path, { body })).json() as Promise<Json>;
    };
    expect((await remove()).bulkDeleteModelsFailures.map((each: Json) => each.message)).toEqual([
      'Model is open. Please close the model before trying again.',
      'Model ID does not exist.',
    ]);
    await caller.model('POST', '/close');
    await clock.advance(2000);
    expect(await remove()).toMatchObject({ modelsDeleted: 1 });
    expect((await caller.model('GET', '/files')).status).toBe(404);
  });
});

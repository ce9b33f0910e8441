import { describe, expect, it } from 'vitest';
import { createSimulator, startSimulator, turnableClock } from '../../simulator/index.ts';
import { Caller, type Json } from './helpers/caller.ts';
import { inProcess } from './helpers/in-process.ts';

const CSV = 'Products,Time,Units,Note\nTea,Jan 26,1,<b>x</b>\nMilk,Jan 26,1,\n';

describe('what happened', () => {
  it('is told for a file by size, SHA-256, chunks and user; the newest upload first', async () => {
    const { caller, file, signIn, clock } = await inProcess();
    await caller.upload(file('Load Sales'), 'a', 'b', 'c');
    await clock.advance(1000);
    await (await signIn('runner', 'r')).upload(file('Load Sales'), 'other');
    const told = async (query = '') =>
      (await caller.send('GET', `/simulator/files/${file('Load Sales')}${query}`)).json();
    expect(await told()).toMatchObject({
      size: 5,
      uploadedBy: 'runner@x.test',
      chunks: 1,
      complete: true,
      model: 'Plan',
    });
    expect(await told('?user=admin@x.test')).toMatchObject({
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      chunks: 3,
    });
    expect((await caller.send('GET', '/simulator/files/113000000999')).status).toBe(404);
  });

  it('is told for tasks, with their messages', async () => {
    const { caller, run } = await inProcess();
    await run('imports', 'Load Sales', CSV);
    const { tasks } = (await (await caller.send('GET', '/simulator/tasks')).json()) as Json;
    expect(tasks).toMatchObject([
      {
        model: 'Plan',
        name: 'Load Sales',
        startedBy: 'admin@x.test',
        state: 'COMPLETE',
        result: { failureDumpAvailable: true },
      },
    ]);
  });

  it('is told for a model by members and cells', async () => {
    const { run, report } = await inProcess();
    await run('imports', 'Load Sales', CSV);
    expect(await report()).toMatchObject({
      name: 'Plan',
      state: 'UNLOCKED',
      loaded: 'Open',
      lists: { Products: [{ name: 'Tea' }, { name: 'Coffee' }] },
      modules: { Sales: [{ Products: 'Tea', Time: 'Jan 26', Units: 1, Note: '<b>x</b>' }] },
    });
  });

  it('is shown on one page, with nothing from a file taken for HTML', async () => {
    const { caller, run } = await inProcess();
    await run('imports', 'Load Sales', CSV);
    const answer = await caller.send('GET', '/simulator');
    expect(answer.headers.get('content-type')).toContain('text/html');
    const page = await answer.text();
    for (const text of [
      'Load Sales',
      'COMPLETE',
      'moduleImportInvalidListIdentifier',
      '&lt;b&gt;x&lt;/b&gt;',
      '/tasks',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain('<b>x');
  });

  it('does not count as use of the API: neither budget nor log', async () => {
    const { caller, simulator } = await inProcess();
    const before = simulator.requests().length;
    for (let i = 0; i < 700; i += 1) await caller.send('GET', '/simulator/requests');
    expect(simulator.requests()).toHaveLength(before);
    expect((await caller.model('GET', '/imports')).status).toBe(200);
  });
});

describe('an import', () => {
  it('can be mapped anew: its definition and what it loads follow, also as a step of a process', async () => {
    const { caller, id, file, run, report } = await inProcess();
    const remap = (model: string, name: string, columns: object) =>
      caller.send('POST', `/simulator/models/${model}/imports/${name}`, { body: JSON.stringify({ columns }) });
    const columns = { Product: 'Products', Month: 'Time', Pieces: 'Units', Remark: 'ignore' };
    expect((await remap('Plan', 'Load Sales', columns)).status).toBe(204);
    const { json } = await caller.model('GET', `/imports/${id('imports', 'Load Sales')}`);
    expect(json.importMetadata.source).toMatchObject({ headerNames: Object.keys(columns), columnCount: 4 });

    await caller.upload(file('Load Products'), 'Name,Code,Launch,Weight\nMilk,M,,\n');
    await run('imports', 'Load Sales', 'Product,Month,Pieces,Remark\nTea,Jan 26,7,x\n');
    await caller.upload(file('Load Sales'), 'Product,Month,Pieces,Remark\nCoffee,Feb 26,9,x\n');
    await run('processes', 'Nightly');
    expect((await report()).modules.Sales).toEqual([
      { Products: 'Tea', Time: 'Jan 26', Units: 7 },
      { Products: 'Coffee', Time: 'Feb 26', Units: 9 },
    ]);

    const nowhere = await remap('Plan', 'Load Sales', { Product: 'Produce' });
    expect([nowhere.status, await nowhere.text()]).toEqual([400, expect.stringContaining('there is no target')]);
    expect((await remap('Plan', 'Load Nothing', columns)).status).toBe(404);
    expect((await remap('Elsewhere', 'Load Sales', columns)).status).toBe(404);
  });
});

describe('the clock', () => {
  it('can be turned over the API', async () => {
    await using simulator = await startSimulator();
    const caller = await Caller.signIn(simulator);
    const turn = (body: object) => caller.send('POST', '/simulator/clock', { body: JSON.stringify(body) });
    expect((await turn({ advanceMs: 36 * 60_000 })).status).toBe(204);
    expect((await caller.send('GET', '/2/0/users/me')).status).toBe(401);
    expect((await turn({ advanceMs: -1 })).status).toBe(400);
  });

  it('decides alone what happens: the same calls on the same seed give the same answers', async () => {
    const story = async () => {
      const clock = turnableClock();
      const simulator = await createSimulator({ clock, seed: 'same' });
      const caller = await Caller.signIn(simulator);
      const { id = '', importDataSourceId = '' } = simulator.imports[2] ?? {};
      await caller.upload(importDataSourceId, 'Product,Region,Month,Units,Revenue,Ship Date\nP100,N,Mar 26,1,2,\n');
      const taskId = await caller.start('imports', id);
      const seen = [];
      for (let i = 0; i < 8; i += 1) {
        seen.push(await caller.task('imports', id, taskId));
        await clock.advance(500);
      }
      return { seen, requests: simulator.requests() };
    };
    expect(await story()).toEqual(await story());
  });
});

describe('a simulator', () => {
  it('says that a port is taken', async () => {
    await using first = await startSimulator();
    const port = Number(new URL(first.url).port);
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes at once, with requests under way', async () => {
    const simulator = await startSimulator({
      scenario: { rules: [{ match: { path: '/2/0/**' }, do: { delayMs: 600_000 } }] },
    });
    const caller = await Caller.signIn(simulator);
    const hanging = caller.send('GET', '/2/0/users/me').catch((error: Error) => error.message);
    await expect.poll(() => simulator.requests().length).toBe(2);
    await simulator.close();
    expect(await hanging).toBe('fetch failed');
  });

  it('takes many megabytes, zipped or not, and keeps them whole', async () => {
    await using simulator = await startSimulator({ taskSeconds: 0 });
    const caller = await Caller.signIn(simulator);
    const file = simulator.imports[2]?.importDataSourceId ?? '';
    const chunk = 'P100,North,Feb 26,1,1,\n'.repeat(50_000);
    await caller.model('POST', `/files/${file}`, { chunkCount: 4 });
    for (const n of [0, 1, 2, 3])
      expect(
        await caller.putChunk(
          file,
          n,
          n === 0 ? `Product,Region,Month,Units,Revenue,Ship Date\n${chunk}` : chunk,
          n === 1,
        ),
      ).toBe(204);
    const told = (await (await caller.send('GET', `/simulator/files/${file}`)).json()) as Json;
    expect(told).toMatchObject({ chunks: 4, size: 4 * chunk.length + 45 });
    const taskId = await caller.start('imports', simulator.imports[2]?.id ?? '');
    const poll = () => caller.task('imports', simulator.imports[2]?.id ?? '', taskId);
    await expect.poll(async () => (await poll()).taskState, { timeout: 20_000 }).toBe('COMPLETE');
    const task = await poll();
    expect(task.result.details[0].localMessageText).toBe('Units cells: 200000');
  });
});

import { describe, expect, it } from 'vitest';
import type { QuirkSwitches } from '../../simulator/index.ts';
import { basic, type Json, valuesOf } from './helpers/caller.ts';
import { inProcess, smallTenant } from './helpers/in-process.ts';

type Opened = Awaited<ReturnType<typeof inProcess>>;

const HEADER = 'Products,Time,Units,Note\n';
const BAD = `${HEADER}Milk,Jan 26,1,\n`;

/** Each row: the switch, what is looked at, and what it is when the switch stands as live and when it is turned. */
const QUIRKS: [keyof QuirkSwitches, string, (opened: Opened) => Promise<unknown>, unknown, unknown][] = [
  [
    'authenticate201',
    'the status of a sign-in',
    async ({ caller }) =>
      (await caller.send('POST', '/token/authenticate', { auth: basic('admin@x.test', 'a') })).status,
    201,
    200,
  ],
  [
    'refreshKeepsToken',
    'whether the old token is good after a refresh',
    async ({ caller }) => {
      await caller.send('POST', '/token/refresh');
      return (await caller.send('GET', '/2/0/users/me')).status;
    },
    200,
    401,
  ],
  [
    'emptyCollectionsLeftOut',
    'the chunks of a file without any',
    async ({ caller, file }) => (await caller.model('GET', `/files/${file('Load Sales')}/chunks`)).json.chunks,
    undefined,
    [],
  ],
  [
    'wrongNextPage',
    'the next page of a list that was given whole',
    async ({ caller }) => (await caller.model('GET', '/imports')).json.meta.paging.next?.replace(/.*\?/, ''),
    'limit=20&offset=20',
    undefined,
  ],
  [
    'statusWithoutEnvelope',
    'the keys of a model’s status',
    async ({ caller }) => Object.keys((await caller.model('GET', '/status')).json),
    ['requestStatus'],
    ['meta', 'status', 'requestStatus'],
  ],
  [
    'noAccessIs404',
    'the files of a model one may not see',
    async ({ signIn }) => (await (await signIn('nobody', 'n')).model('GET', '/files')).status,
    404,
    403,
  ],
  [
    'taskListsOfAnything',
    'the tasks of an import that is not there',
    async ({ caller }) => (await caller.model('GET', '/imports/112000000999/tasks')).status,
    200,
    404,
  ],
  [
    'junkFiles',
    'an announcement to an unknown file',
    async ({ caller }) => (await caller.model('POST', '/files/113000000999', { chunkCount: 1 })).status,
    200,
    404,
  ],
  [
    'fileGetIsContent',
    'a file',
    async ({ caller, file }) => {
      await caller.upload(file('Load Sales'), 'content');
      const { json } = await caller.model('GET', `/files/${file('Load Sales')}`);
      return json.file?.name ?? json;
    },
    'content',
    'Load Sales.csv',
  ],
  [
    'failedIsComplete',
    'the state of a task that failed',
    async ({ run }) => (await run('imports', 'Load Sales')).taskState,
    'COMPLETE',
    'FAILED',
  ],
  [
    'gatewayAnswersHtml',
    'the body of an answer that took too long',
    async ({ caller, id, clock, simulator }) => {
      simulator.tenant.settings.holdSeconds = 1;
      await caller.start('imports', id('imports', 'Load Sales'));
      const files = caller.model('GET', '/files');
      for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
      await clock.advance(1000);
      const { status, json } = await files;
      return [status, typeof json];
    },
    [504, 'string'],
    [504, 'object'],
  ],
  [
    'staleChunkCount',
    'the listed chunks of a deleted file',
    async ({ caller, file }) => {
      await caller.upload(file('Load Products'), 'x');
      await caller.model('DELETE', `/files/${file('Load Products')}`);
      return (await caller.model('GET', '/files')).json.files[0].chunkCount;
    },
    1,
    0,
  ],
  [
    'announcementEchoesZero',
    'the chunk count an announcement answers',
    async ({ caller, file }) =>
      (await caller.model('POST', `/files/${file('Load Sales')}`, { chunkCount: 3 })).json.file.chunkCount,
    0,
    3,
  ],
  [
    'processFalseNegatives',
    'the success of a process whose import had an empty file',
    async ({ caller, file, run }) => {
      await caller.upload(file('Load Products'), 'Name,Code,Launch,Weight\n');
      await caller.upload(file('Load Sales'), `${HEADER}Tea,Jan 26,1,\n`);
      const { result } = await run('processes', 'Nightly');
      return [
        result.successful,
        result.failureDumpAvailable,
        ...result.nestedResults.map((each: Json) => each.successful),
      ];
    },
    [false, false, true, true, true],
    [true, false, true, true, true],
  ],
  [
    'onlyNewestDump',
    'the dump of the task before',
    async ({ caller, run, id }) => {
      const { taskId } = await run('imports', 'Load Sales', BAD);
      await run('imports', 'Load Sales', BAD);
      return (await caller.model('GET', `/imports/${id('imports', 'Load Sales')}/tasks/${taskId}/dump`)).status;
    },
    404,
    200,
  ],
  [
    'unloadForgetsTasks',
    'a task after its model was closed and opened',
    async ({ caller, run, id, clock }) => {
      const { taskId } = await run('imports', 'Load Sales', BAD);
      await caller.model('POST', '/close');
      await clock.advance(10_000);
      await caller.model('POST', '/open');
      await clock.advance(10_000);
      return (await caller.model('GET', `/imports/${id('imports', 'Load Sales')}/tasks/${taskId}`)).status;
    },
    404,
    200,
  ],
  [
    'busyModelHolds',
    'how long the list of files takes while a task of two seconds runs',
    async ({ caller, id, clock, simulator }) => {
      await caller.start('imports', id('imports', 'Load Sales'));
      const files = caller.model('GET', '/files');
      for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
      await clock.advance(5000);
      await files;
      return simulator.requests().at(-1)?.tookMs;
    },
    2000,
    0,
  ],
  [
    'coldModelIsSlow',
    'how long the first call to a closed model takes',
    async ({ caller, clock, simulator }) => {
      await caller.model('POST', '/close');
      await clock.advance(10_000);
      const files = caller.model('GET', '/files');
      for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
      await clock.advance(10_000);
      await files;
      return simulator.requests().at(-1)?.tookMs;
    },
    5000,
    0,
  ],
  [
    'unknownImportIs500',
    'the metadata of an unknown import',
    async ({ caller }) => (await caller.model('GET', '/imports/112000000999')).status,
    500,
    404,
  ],
  [
    'completeIs500ForStandardUsers',
    'completing an upload without being an administrator',
    async ({ signIn, file }) => {
      const runner = await signIn('runner', 'r');
      await runner.model('POST', `/files/${file('Load Sales')}`, { chunkCount: -1 });
      await runner.putChunk(file('Load Sales'), 0, 'x');
      return (await runner.model('POST', `/files/${file('Load Sales')}/complete`, {})).status;
    },
    500,
    200,
  ],
  [
    'nullValues',
    'the value of a reason whose rows have none',
    async ({ run }) => {
      const { result } = await run('imports', 'Load Sales', `${HEADER},Jan 26,1,\n`);
      return valuesOf(result.details[2]).value;
    },
    null,
    '',
  ],
  [
    'bareNestedResults',
    'the details of a delete action in a process',
    async ({ run }) => {
      const { result } = await run('processes', 'Clear');
      return result.nestedResults[0].details?.length;
    },
    1,
    undefined,
  ],
  [
    'durationIsString',
    'the duration of a task',
    async ({ caller, id, clock }) => {
      const taskId = await caller.start('exports', id('exports', 'Report'));
      await clock.advance(2000);
      return (await caller.task('exports', id('exports', 'Report'), taskId, '?includeProcessDetails=true')).result
        .duration;
    },
    '2000',
    2000,
  ],
  [
    'doubleSlashInSchema',
    'whether any schema URL has a double slash in its path',
    async ({ caller }) => {
      const schemas = [];
      for (const path of ['/files', '/imports', '/processes', '/exports', '/actions']) {
        schemas.push((await caller.model('GET', path)).json.meta.schema);
      }
      return schemas.some((each: string) => each.includes('simulator//2/0'));
    },
    true,
    false,
  ],
  [
    'objectNamesLeftOut',
    'the name of what a task ran',
    async ({ run }) => (await run('exports', 'Report')).result.objectName,
    undefined,
    'Report',
  ],
  [
    'startAnswersState',
    'the keys of the answer to a start',
    async ({ caller, id }) => {
      const path = `/exports/${id('exports', 'Report')}/tasks`;
      return Object.keys((await caller.model('POST', path, { localeName: 'en_US' })).json.task);
    },
    ['taskId', 'taskState', 'creationTime'],
    ['taskId'],
  ],
  [
    'rejectsAreUnsuccessful',
    'the success and dump flag of an import with a rejected row',
    async ({ run }) => {
      const { result } = await run('imports', 'Load Sales', BAD);
      return [result.successful, result.failureDumpAvailable];
    },
    [false, true],
    [true, true],
  ],
  [
    'overwriteWhileReading',
    'how long an announcement takes while an import reads the file',
    async ({ caller, id, file, clock, simulator }) => {
      await caller.start('imports', id('imports', 'Load Sales'));
      const announced = caller.model('POST', `/files/${file('Load Sales')}`, { chunkCount: 1 });
      for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
      await clock.advance(5000);
      await announced;
      return simulator.requests().at(-1)?.tookMs;
    },
    0,
    2000,
  ],
];

describe('a quirk of the live service', () => {
  it.each(QUIRKS)('%s: %s', async (name, _, look, live, turned) => {
    const opened = await inProcess(smallTenant);
    const quirks = { [name]: !opened.simulator.tenant.quirks[name] };
    expect(await look(opened)).toEqual(live);
    expect(await look(await inProcess({ ...smallTenant, quirks }))).toEqual(turned);
  });

  it('has a switch, and each switch a test', async () => {
    const { simulator } = await inProcess();
    expect(QUIRKS.map(([name]) => name).sort()).toEqual(Object.keys(simulator.tenant.quirks).sort());
  });
});

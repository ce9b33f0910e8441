import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../shared/observe/logger.ts';
import { ManualClock } from '../../shared/ports/memory/manual-clock.ts';
import { MemoryAlerts } from '../../shared/ports/memory/memory-alerts.ts';
import { MemoryStore, type StoreFault } from '../../shared/ports/memory/memory-store.ts';
import { keepUnmatched, tellUnmatched } from '../../shared/run/unmatched.ts';
import { seededRandom } from '../simulation/random.ts';

const HOUR = 3_600_000;

describe('drops that nothing takes', () => {
  let clock: ManualClock;
  let state: MemoryStore;
  let alerts: MemoryAlerts;
  beforeEach(() => {
    clock = new ManualClock();
    state = new MemoryStore({ bucket: 'state', clock });
    alerts = new MemoryAlerts();
  });
  const random = seededRandom(1);
  const services = () => ({ state, clock, alerts, random, log: silentLogger });
  const drop = (number: number) => ({
    bucket: 'drops',
    key: `x/${number}.csv`,
    versionId: `v${number}`,
    because: 'no',
  });
  /** Time passes until `work` is done. */
  const inTime = async (work: Promise<unknown>) => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(50);
    await done;
  };
  const subjects = () => alerts.published.map(({ subject }) => subject);

  it('are told of once, however often they come', async () => {
    for (const _ of [1, 2]) await keepUnmatched(services(), drop(1));
    for (const _ of [1, 2]) await tellUnmatched(services());
    await keepUnmatched(services(), drop(1));
    await clock.advance(2 * HOUR);
    await tellUnmatched(services());
    expect(subjects()).toEqual(['Plandrop: 1 file that no pipeline takes, 1.csv']);
    expect(alerts.published[0]?.text).toContain('- x/1.csv (in drops): no');
  });

  it('are told of with what would make each be taken, once, and where they are now', async () => {
    const dated = { ...drop(1), whatToDo: 'Put the date into the name.' };
    for (const each of [dated, { ...dated, versionId: 'v2' }]) await keepUnmatched(services(), each);
    await tellUnmatched(services());
    const [, checks] = alerts.published[0]?.text.split('What to check:\n') ?? [];
    expect(checks).toBe(
      [
        '1. Put the date into the name.',
        '',
        'The files are kept where they were dropped; plandrop local moves them to the folder taken/ of its drop folder. Each is told of once.',
        '',
      ].join('\n'),
    );
    await keepUnmatched(services(), drop(3));
    await clock.advance(2 * HOUR);
    await tellUnmatched(services());
    expect(alerts.published[1]?.text).toContain(
      '1. See whether the name or the folder is misspelt, and drop the file again under the right one.\n2. Or say in plandrop.yaml',
    );
  });

  it('are one alert an hour, whatever their number, and none of them is forgotten', async () => {
    const tell = async () => {
      await tellUnmatched(services());
      await clock.advance(600_000);
    };
    await keepUnmatched(services(), drop(0));
    await tell();
    for (let number = 1; number <= 30; number++) await keepUnmatched(services(), drop(number));
    for (let times = 0; times < 8; times++) await tell();
    expect(subjects()).toEqual([
      'Plandrop: 1 file that no pipeline takes, 0.csv',
      'Plandrop: 30 files that no pipeline takes, 1.csv',
    ]);
    expect(alerts.published[1]?.text).toContain('- and 10 more');
  });

  it('are told of without names where more came than are named, while those were told of', async () => {
    for (let number = 1; number <= 20; number++) await keepUnmatched(services(), drop(number));
    const publish = async () => keepUnmatched(services(), drop(21));
    await tellUnmatched({ ...services(), alerts: { publish } });
    await clock.advance(2 * HOUR);
    await tellUnmatched(services());
    expect(alerts.published).toMatchObject([
      { subject: 'Plandrop: 1 file that no pipeline takes', text: expect.stringContaining('1. See whether') },
    ]);
    expect(await tellUnmatched(services())).toBe(0);
  });

  it('are told of again, with the same id, where the telling was not noted', async () => {
    await keepUnmatched(services(), drop(1));
    state.faults = ({ name }) => (name === 'replace' ? 'fail' : undefined);
    await expect(tellUnmatched(services())).rejects.toThrow();
    state.faults = () => undefined;
    await tellUnmatched(services());
    expect(new Set(alerts.published.map(({ id }) => id)).size).toBe(1);
    expect(await tellUnmatched(services())).toBe(0);
  });

  it('are counted rightly when the answers to writes are lost', async () => {
    let writes = 0;
    const refused: StoreFault = 'lost-then-refused';
    state.faults = ({ name }) =>
      (name === 'replace' || name === 'create') && ++writes % 2 === 0 ? refused : undefined;
    for (let number = 1; number <= 5; number++) await inTime(keepUnmatched(services(), drop(number)));
    await inTime(tellUnmatched(services()));
    await inTime(keepUnmatched(services(), drop(6)));
    await clock.advance(2 * HOUR);
    await inTime(tellUnmatched(services()));
    expect(subjects()).toEqual([
      'Plandrop: 5 files that no pipeline takes, 1.csv',
      'Plandrop: 1 file that no pipeline takes, 6.csv',
    ]);
  });

  it('come many at once, and none is lost', async () => {
    await inTime(Promise.all(Array.from({ length: 12 }, (_, number) => keepUnmatched(services(), drop(number)))));
    await tellUnmatched(services());
    expect(subjects()).toEqual([expect.stringContaining('12 files')]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, addToSet, type DropSet, emptySet, missingOf, needsLatest } from '../../shared/run/drop-set.ts';
import { type Drop, runIdOf, type Trigger } from '../../shared/run/trigger.ts';
import { AT } from './a-run.ts';

const NEEDS = ['Load Products', 'Load Sales'];
const named = (trigger: Trigger) => runIdOf('month-end', trigger);

function version(key: string, number: number, second = number): Drop {
  const lastModified = new Date(AT + second * 1000).toISOString();
  return { bucket: 'drops', key, versionId: `${key}-v${number}`, lastModified, bytes: 10 };
}

function arrival(drop: Drop, more: Partial<Arrival> = {}): Arrival {
  const file = drop.key.startsWith('products') ? 'Load Products' : 'Load Sales';
  const isMarker = drop.key === '_READY';
  return { drop, files: isMarker ? [] : [file], isMarker, needs: NEEDS, needsMarker: false, ...more };
}

function setOf(arrivals: readonly Arrival[], set: DropSet = emptySet('month-end', 'batch/')): DropSet {
  return arrivals.reduce((known, each) => {
    const added = addToSet(known, each, named);
    return added.kind === 'changed' ? added.set : known;
  }, set);
}

const [products, sales] = [version('products.csv', 1), version('sales.csv', 1)];

describe('a set', () => {
  it('is complete with its last file, and names its run then', () => {
    const first = setOf([arrival(products)]);
    expect(missingOf(first)).toEqual(['Load Sales']);
    const answer = addToSet(first, arrival(sales), named);
    if (answer.kind !== 'changed' || answer.started === undefined) throw new Error('it should be complete');
    expect(answer.started).toMatchObject({ generation: 1, opened: false });
    expect(answer.started.members.map(({ file, versionId }) => [file, versionId])).toEqual([
      ['Load Products', 'products.csv-v1'],
      ['Load Sales', 'sales.csv-v1'],
    ]);
    expect(answer.set).toMatchObject({ generation: 2, members: [], superseded: [] });
    expect(missingOf(answer.set)).toEqual([]);
  });

  it('waits for its marker, whenever that comes', () => {
    const needing = (drop: Drop) => arrival(drop, { needsMarker: true });
    const ready = version('_READY', 1);
    expect(missingOf(setOf([needing(products), needing(sales)]))).toEqual(['the marker']);
    expect(missingOf(setOf([needing(ready)]))).toEqual(NEEDS);
    for (const order of [
      [products, sales, ready],
      [ready, products, sales],
    ]) {
      const [started] = setOf(order.map(needing)).started;
      expect(started?.marker).toEqual(ready);
    }
  });

  it('keeps the newer of two files for one place, and notes the other', () => {
    const newer = version('products.csv', 2);
    for (const order of [
      [products, newer],
      [newer, products],
    ]) {
      const set = setOf(order.map((drop) => arrival(drop)));
      expect(set.members.map(({ versionId }) => versionId)).toEqual(['products.csv-v2']);
      expect(set.superseded).toMatchObject([{ versionId: 'products.csv-v1', by: 'products.csv-v2', generation: 1 }]);
    }
  });

  it('asks the bucket which of two versions of the same second is newer', () => {
    const twin = version('products.csv', 2, 1);
    const set = setOf([arrival(products)]);
    expect(needsLatest(set, twin)).toBe(true);
    expect(setOf([arrival(twin, { isLatest: true })], set).members[0]?.versionId).toBe('products.csv-v2');
    expect(setOf([arrival(twin, { isLatest: false })], set).members[0]?.versionId).toBe('products.csv-v1');
  });

  it('that was started is consumed: a later file begins the next one', () => {
    const set = setOf([arrival(products), arrival(sales), arrival(version('products.csv', 2))]);
    expect(set).toMatchObject({ generation: 2, members: [{ versionId: 'products.csv-v2' }] });
    expect(missingOf(set)).toEqual(['Load Sales']);
    const again = setOf([arrival(version('sales.csv', 2))], set);
    expect(again.started.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(new Set(again.started.map(({ runId }) => runId)).size).toBe(2);
  });

  it('is not begun by a version that was replaced before the start and is told of after it', () => {
    const set = setOf([arrival(version('products.csv', 2)), arrival(sales), arrival(products)]);
    expect(set).toMatchObject({ generation: 2, members: [] });
    expect(set.superseded).toMatchObject([{ versionId: 'products.csv-v1', by: 'products.csv-v2', generation: 1 }]);
  });

  it('is asked for what the pipeline needs today', () => {
    const three = [...NEEDS, 'Load Regions'];
    const set = setOf([arrival(products), arrival(sales, { needs: three })]);
    expect(missingOf(set)).toEqual(['Load Regions']);
    const fewer = setOf([arrival(version('sales.csv', 2), { needs: ['Load Sales'] })], set);
    expect(fewer.started[0]?.members.map(({ file }) => file)).toEqual(['Load Sales']);
    expect(fewer.superseded.map(({ versionId }) => versionId)).toEqual(['sales.csv-v1', 'products.csv-v1']);
  });

  it('is not begun by an older file of another name that is told of after the start', () => {
    const [older, newer] = [version('products-1.csv', 1), version('products-2.csv', 1, 2)];
    const set = setOf([arrival(newer), arrival(sales), arrival(older)]);
    expect(set).toMatchObject({ generation: 2, members: [] });
    expect(set.superseded).toMatchObject([{ key: 'products-1.csv', by: newer.versionId, generation: 1 }]);
    const next = setOf([arrival(version('sales.csv', 3))], set);
    expect(missingOf(next)).toEqual(['Load Products']);
  });

  it('is begun by a file that fills a place too in which nothing newer was consumed', () => {
    const three = { needs: [...NEEDS, 'Load Regions'] };
    const late = version('products-1.csv', 1);
    const set = setOf([arrival(version('products-2.csv', 1, 2)), arrival(sales)]);
    const both = arrival(late, { files: ['Load Products', 'Load Regions'], ...three });
    expect(setOf([both], set).members.map(({ file }) => file)).toEqual(['Load Products', 'Load Regions']);
  });

  const opened = (set: DropSet) => ({ ...set, started: set.started.map((each) => ({ ...each, opened: true })) });
  const DAY = 86_400;

  it('knows for weeks what it has consumed, and of what was before only the last', () => {
    let set = opened(setOf([arrival(products), arrival(sales)]));
    const feed = (day: number) => {
      for (const key of ['products.csv', 'sales.csv'])
        set = opened(setOf([arrival(version(key, day, day * DAY))], set));
    };
    feed(20);
    expect(set.started.map(({ generation }) => generation)).toEqual([1, 2]);
    feed(90);
    expect(set.started.map(({ generation }) => generation)).toEqual([3]);
    expect(setOf([arrival(version('sales.csv', 200, 200 * DAY))], set).started).toHaveLength(1);
  });

  it.each([
    ['the same key', (place: string) => `${place}.csv`],
    ['a key with its day', (place: string, day: number) => `${place}-${day}.csv`],
  ])('is never begun by events that are replayed, however old: %s', (_, keyOf) => {
    const days = [0, 35, 70, 200];
    const drops = days.flatMap((day) =>
      ['products', 'sales'].map((place) => arrival(version(keyOf(place, day), day, day * DAY))),
    );
    const feed = (set: DropSet, each: Arrival) => opened(setOf([each], set));
    const first = drops.reduce(feed, emptySet('month-end', 'batch/'));
    expect(first.generation).toBe(days.length + 1);
    // Also while the first file of the next waits.
    const next = feed(first, arrival(version(keyOf('products', 300), 300, 300 * DAY)));
    for (const set of [first, next]) {
      const after = drops.reduce(feed, set);
      expect(after).toMatchObject({ generation: set.generation, members: set.members });
    }
  });

  it('is the same for the same drops, however often and in whatever order they are told of', () => {
    const keys = ['products.csv', 'products-b.csv', 'sales.csv', '_READY'];
    // Without one of its files it is never complete.
    const drops = fc.uniqueArray(fc.record({ key: fc.constantFrom(...keys), number: fc.integer({ min: 1, max: 4 }) }), {
      minLength: 1,
      selector: ({ key, number }) => `${key}${number}`,
    });
    const tellings = drops.chain((known) => {
      const arrivals = known.map(({ key, number }) => arrival(version(key, number), { needs: [...NEEDS, 'Never'] }));
      const repeated = fc.array(fc.constantFrom(...arrivals), { maxLength: 6 });
      return fc.record({
        straight: fc.constant(arrivals),
        mixed: repeated.chain((more) =>
          fc.shuffledSubarray([...arrivals, ...more], { minLength: arrivals.length + more.length }),
        ),
      });
    });
    fc.assert(
      fc.property(tellings, ({ straight, mixed }) => {
        const [one, other] = [setOf(straight), setOf(mixed)];
        const members = (set: DropSet) => set.members.map(({ file, versionId }) => `${file} ${versionId}`).sort();
        expect(members(other)).toEqual(members(one));
        expect(other.marker).toEqual(one.marker);
        const seen = (set: DropSet) =>
          [...set.members, ...set.superseded, ...(set.marker ? [set.marker] : [])]
            .map(({ versionId }) => versionId)
            .sort();
        expect(seen(other)).toEqual(seen(one));
      }),
    );
  });

  it('consumes each version once, however drops come', () => {
    const drop = fc
      .record({ key: fc.constantFrom('products.csv', 'sales.csv'), number: fc.integer({ min: 1, max: 5 }) })
      .map(({ key, number }) => arrival(version(key, number)));
    fc.assert(
      fc.property(fc.array(drop, { maxLength: 30 }), (arrivals) => {
        const set = setOf(arrivals);
        const consumed = set.started.flatMap(({ members }) => members.map(({ versionId }) => versionId));
        expect(new Set(consumed).size).toBe(consumed.length);
        const places = [...consumed, ...set.members.map(({ versionId }) => versionId)];
        const lost = [...places, ...set.superseded.map(({ versionId }) => versionId)];
        // None is lost: each version is loaded, waits, or is noted as superseded.
        expect(new Set(lost)).toEqual(new Set(arrivals.map((each) => each.drop.versionId)));
        expect(set.started.map(({ generation }) => generation)).toEqual(set.started.map((_, index) => index + 1));
      }),
    );
  });
});

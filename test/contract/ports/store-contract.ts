import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type KeptPart,
  LEAST_PART_BYTES,
  ObjectGoneError,
  type PartedWrite,
  type Store,
} from '../../../shared/ports/store.ts';

export interface StoreUnderTest {
  store: Store;
  /** The tags of the current object, which the port itself never reads. */
  tags(key: string): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

const ODD_KEYS = [
  'sales/FY26 plan + actuals (v2).csv',
  'übersicht/März & Söhne/"quoted" <tag>.csv',
  'percent/100%25 and 100%.csv',
  '日本語/売上 😀.csv',
  'a',
  'a/b',
  'a/b/c.csv',
  'a.b/c',
  'a.',
  'with//empty/segment',
  'folder-marker/',
  ' leading and trailing ',
  'semi;colon=equals?question#hash:colon*star|bar',
  `long/${'x'.repeat(500)}.csv`,
  `long/${'x'.repeat(499)}y.csv`,
  'deep/'.repeat(150),
];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What every adapter of `Store` does, as S3 does it. */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`Store: ${name}`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await make();
      store = subject.store;
    });
    afterEach(() => subject.close());

    const read = async (key: string, versionId?: string) => {
      const object = await store.get(key, versionId);
      return object && Buffer.from(object.body).toString();
    };
    const keys = async (prefix: string, startAfter?: string) => {
      const found = await collect(store.list(prefix, startAfter === undefined ? {} : { startAfter }));
      return found.map(({ key }) => key);
    };

    describe('reading and writing', () => {
      it('reads back what was put', async () => {
        const head = await store.put('runs/r1.json', '{"turn":1}', { contentType: 'application/json' });
        const object = await store.get('runs/r1.json');
        expect(object).toMatchObject(head);
        expect(object).toMatchObject({ key: 'runs/r1.json', size: 10 });
        expect(Buffer.from(object?.body ?? []).toString()).toBe('{"turn":1}');
        const { lastModified, ...rest } = (await store.head('runs/r1.json')) ?? {};
        expect(rest).toEqual({ key: 'runs/r1.json', size: 10, etag: head.etag, versionId: head.versionId });
        expect(new Date(lastModified ?? 0).toISOString()).toBe(lastModified);
      });

      it('knows nothing of what was never written', async () => {
        expect(await store.head('no')).toBeUndefined();
        expect(await store.get('no')).toBeUndefined();
        await expect(store.getRange('no', { start: 0, end: 1 })).rejects.toThrow(ObjectGoneError);
      });

      it('keeps every byte, and objects without any', async () => {
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        await store.put('bytes', bytes);
        await store.put('empty', '');
        expect(Buffer.from((await store.get('bytes'))?.body ?? [])).toEqual(Buffer.from(bytes));
        expect((await store.get('empty'))?.body.byteLength).toBe(0);
      });

      it('forgets a deleted object but not its versions; deleting twice is no error', async () => {
        const { versionId } = await store.put('drop.csv', 'old');
        await store.delete('drop.csv');
        await store.delete('drop.csv');
        await store.delete('never/there');
        expect(await store.head('drop.csv')).toBeUndefined();
        expect(await keys('')).toEqual([]);
        expect(await read('drop.csv', versionId)).toBe('old');
      });

      it('keeps tags', async () => {
        await store.put('runs/r1.json', '{}', { tags: { state: 'ended', owner: 'a b+c' } });
        expect(await subject.tags('runs/r1.json')).toEqual({ state: 'ended', owner: 'a b+c' });
        await store.put('runs/r1.json', '{}');
        expect(await subject.tags('runs/r1.json')).toEqual({});
      });

      it.each(ODD_KEYS)('keeps the key %j as it is', async (key) => {
        await store.put(key, `the object of ${key}`);
        expect(await read(key)).toBe(`the object of ${key}`);
        expect(await keys(key.slice(0, 3))).toEqual([key]);
        expect((await store.create(key, 'again')).written).toBe(false);
      });

      it('keeps odd keys apart from each other', async () => {
        for (const key of ODD_KEYS) await store.put(key, key);
        for (const key of ODD_KEYS) expect(await read(key)).toBe(key);
        expect(new Set(ODD_KEYS.map((key) => store.address(key))).size).toBe(ODD_KEYS.length);
      });

      it.each([
        ['an empty key', ''],
        ['a key of more than 1,024 bytes', 'é'.repeat(513)],
        ['half of a surrogate pair', '\ud800'],
        ['a NUL', 'a\0b'],
      ])('refuses %s', async (_, key) => {
        await expect(store.put(key, 'x')).rejects.toThrow(RangeError);
      });
    });

    describe('versions', () => {
      it('gives the bytes of a pinned version after the key was overwritten', async () => {
        const first = await store.put('drop.csv', 'first');
        const second = await store.put('drop.csv', 'second');
        expect(second.versionId).not.toBe(first.versionId);
        expect(await read('drop.csv')).toBe('second');
        expect(await read('drop.csv', first.versionId)).toBe('first');
        expect(await store.head('drop.csv', first.versionId)).toMatchObject(first);
        expect(Buffer.from(await store.getRange('drop.csv', { start: 1, end: 3 }, first.versionId)).toString()).toBe(
          'ir',
        );
      });

      it('says when a version is not there', async () => {
        const { versionId } = await store.put('drop.csv', 'x');
        const unknown = versionId.replace(/./, (character) => (character === 'a' ? 'b' : 'a'));
        expect(await store.head('drop.csv', unknown)).toBeUndefined();
        expect(await store.get('drop.csv', unknown)).toBeUndefined();
        const gone = store.getRange('drop.csv', { start: 0, end: 1 }, unknown);
        await expect(gone).rejects.toMatchObject({ name: 'ObjectGoneError', key: 'drop.csv', versionId: unknown });
      });
    });

    describe('removing a version', () => {
      it('makes the version before it current again', async () => {
        const first = await store.put('drop.csv', 'first');
        const second = await store.put('drop.csv', 'second');
        await store.deleteVersion('drop.csv', second.versionId);
        expect(await read('drop.csv')).toBe('first');
        expect(await store.head('drop.csv', second.versionId)).toBeUndefined();
        expect((await store.head('drop.csv'))?.versionId).toBe(first.versionId);
        expect(await keys('')).toEqual(['drop.csv']);
      });

      it('leaves the current object alone when it removes an older one', async () => {
        const first = await store.put('drop.csv', 'first');
        await store.put('drop.csv', 'second');
        await store.deleteVersion('drop.csv', first.versionId);
        expect(await store.get('drop.csv', first.versionId)).toBeUndefined();
        expect(await read('drop.csv')).toBe('second');
      });

      it('leaves nothing of an object that had no other', async () => {
        const { versionId } = await store.put('a', 'only');
        await store.put('a/b', 'another key');
        await store.deleteVersion('a', versionId);
        expect(await store.get('a')).toBeUndefined();
        expect(await keys('')).toEqual(['a/b']);
        expect((await store.create('a', 'new')).written).toBe(true);
      });

      it('brings nothing back that was deleted before it was written', async () => {
        await store.put('drop.csv', 'deleted');
        await store.delete('drop.csv');
        const { versionId } = await store.put('drop.csv', 'new');
        await store.deleteVersion('drop.csv', versionId);
        expect(await store.get('drop.csv')).toBeUndefined();
        expect(await keys('')).toEqual([]);
      });

      it('twice is no error', async () => {
        const { versionId } = await store.put('drop.csv', 'x');
        await store.deleteVersion('drop.csv', versionId);
        await store.deleteVersion('drop.csv', versionId);
      });
    });

    describe('tags', () => {
      it('are added to those that a version has', async () => {
        const { versionId } = await store.put('drop.csv', 'x', { tags: { owner: 'sales', state: 'new' } });
        expect(await store.tag('drop.csv', versionId, { state: 'done', run: '20260302-00ff' })).toBe(true);
        expect(await subject.tags('drop.csv')).toEqual({ owner: 'sales', state: 'done', run: '20260302-00ff' });
        expect(await read('drop.csv', versionId)).toBe('x');
      });

      it('belong to one version', async () => {
        const first = await store.put('drop.csv', 'first');
        await store.put('drop.csv', 'second');
        expect(await store.tag('drop.csv', first.versionId, { state: 'done' })).toBe(true);
        expect(await subject.tags('drop.csv')).toEqual({});
      });

      it('are left out where there is no room for them, or no version', async () => {
        const tags = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`t${index}`, '1']));
        const { versionId } = await store.put('full.csv', 'x', { tags });
        expect(await store.tag('full.csv', versionId, { state: 'done' })).toBe(false);
        expect(await subject.tags('full.csv')).toEqual(tags);
        await store.deleteVersion('full.csv', versionId);
        expect(await store.tag('full.csv', versionId, { t1: '2' })).toBe(false);
      });
    });

    describe('copies', () => {
      it.each(ODD_KEYS)('of the key %j hold its bytes', async (key) => {
        const { versionId } = await store.put(key, `the object of ${key}`);
        const copied = await store.copy({ key, versionId }, 'archive/copy.csv');
        expect(await read('archive/copy.csv', copied?.versionId)).toBe(`the object of ${key}`);
        expect(await store.head('archive/copy.csv')).toMatchObject(copied ?? {});
      });

      it('are of the pinned version, and outlive it', async () => {
        const first = await store.put('drop.csv', 'first', { contentType: 'text/csv', tags: { owner: 'sales' } });
        await store.put('drop.csv', 'second');
        await store.copy({ key: 'drop.csv', versionId: first.versionId }, 'archive/drop.csv', { state: 'done' });
        await store.deleteVersion('drop.csv', first.versionId);
        expect(await read('archive/drop.csv')).toBe('first');
        expect(await subject.tags('archive/drop.csv')).toEqual({ owner: 'sales', state: 'done' });
        expect(await read('drop.csv')).toBe('second');
      });

      it('made twice are two versions', async () => {
        const { versionId } = await store.put('drop.csv', 'x');
        const one = await store.copy({ key: 'drop.csv', versionId }, 'archive/drop.csv');
        const two = await store.copy({ key: 'drop.csv', versionId }, 'archive/drop.csv');
        expect(one?.versionId).not.toBe(two?.versionId);
        expect(await read('archive/drop.csv')).toBe('x');
      });

      it('keep the tags of the version where there is no room for more', async () => {
        const tags = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`t${index}`, '1']));
        const { versionId } = await store.put('full.csv', 'x', { tags });
        await store.copy({ key: 'full.csv', versionId }, 'archive/full.csv', { state: 'done' });
        expect(await subject.tags('archive/full.csv')).toEqual(tags);
      });

      it('of what is not there are not made', async () => {
        const { versionId } = await store.put('drop.csv', 'x');
        await store.deleteVersion('drop.csv', versionId);
        expect(await store.copy({ key: 'drop.csv', versionId }, 'archive/drop.csv')).toBeUndefined();
        expect(await keys('archive/')).toEqual([]);
      });
    });

    describe('ranges', () => {
      it.each([
        ['the middle', 2, 5, '234'],
        ['the whole', 0, 10, '0123456789'],
        ['past the end, cut there', 7, 100, '789'],
        ['wholly past the end, nothing', 10, 12, ''],
        ['nothing at all', 3, 3, ''],
      ])('reads %s', async (_, start, end, expected) => {
        await store.put('digits', '0123456789');
        expect(Buffer.from(await store.getRange('digits', { start, end })).toString()).toBe(expected);
      });

      it('reads nothing from an empty object', async () => {
        await store.put('empty', '');
        expect((await store.getRange('empty', { start: 0, end: 5 })).byteLength).toBe(0);
      });

      it.each([
        [-1, 2],
        [3, 2],
        [0.5, 2],
      ])('refuses %d to %d', async (start, end) => {
        await store.put('digits', '0123456789');
        await expect(store.getRange('digits', { start, end })).rejects.toThrow(RangeError);
      });
    });

    describe('conditional writes', () => {
      it('creates once', async () => {
        const first = await store.create('failures/r1.json', 'first');
        expect(first).toEqual({ written: true, etag: expect.any(String), versionId: expect.any(String) });
        expect(await store.create('failures/r1.json', 'second')).toEqual({ written: false });
        expect(await read('failures/r1.json')).toBe('first');
        expect(await store.head('failures/r1.json')).toMatchObject(
          first.written ? { etag: first.etag, versionId: first.versionId } : {},
        );
      });

      it('creates again after a delete', async () => {
        await store.create('lane', '1');
        await store.delete('lane');
        expect((await store.create('lane', '2')).written).toBe(true);
        expect(await read('lane')).toBe('2');
      });

      it('replaces only what the caller has seen', async () => {
        const { etag } = await store.put('holder', 'a');
        expect((await store.replace('holder', 'b', etag)).written).toBe(true);
        expect(await store.replace('holder', 'c', etag)).toEqual({ written: false });
        expect(await read('holder')).toBe('b');
      });

      it('does not replace what is not there', async () => {
        const { etag } = await store.put('holder', 'a');
        expect(await store.replace('never', 'x', etag)).toEqual({ written: false });
        await store.delete('holder');
        expect(await store.replace('holder', 'x', etag)).toEqual({ written: false });
        expect(await store.head('holder')).toBeUndefined();
      });

      it('lets exactly one of many concurrent creators win', async () => {
        const writers = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
        const results = await Promise.all(writers.map((writer) => store.create('contended', writer)));
        const winners = writers.filter((_, index) => results[index]?.written);
        expect(winners).toHaveLength(1);
        expect(await read('contended')).toBe(winners[0]);
      });

      it('loses no increment of a counter that many change by compare-and-swap', async () => {
        await store.put('counter', '0');
        const increment = async () => {
          for (;;) {
            const object = await store.get('counter');
            if (object === undefined) throw new Error('The counter is gone');
            const next = String(Number(Buffer.from(object.body).toString()) + 1);
            if ((await store.replace('counter', next, object.etag)).written) return;
          }
        };
        await Promise.all(Array.from({ length: 12 }, increment));
        expect(await read('counter')).toBe('12');
      });
    });

    describe('streams', () => {
      it('writes a stream of several parts byte for byte', async () => {
        const sent = createHash('sha256');
        async function* pieces() {
          for (let index = 0; index < 96; index++) {
            const piece = Buffer.alloc(128 * 1024 + index, index);
            sent.update(piece);
            yield piece;
          }
        }
        const head = await store.putStream('exports/board report.csv', pieces(), { tags: { state: 'ended' } });
        const object = await store.get('exports/board report.csv', head.versionId);
        expect(object?.size).toBe(head.size);
        expect(head.size).toBe(96 * 128 * 1024 + (95 * 96) / 2);
        expect(
          createHash('sha256')
            .update(object?.body ?? '')
            .digest('hex'),
        ).toBe(sent.digest('hex'));
        expect(await store.head('exports/board report.csv')).toMatchObject(head);
        expect(await subject.tags('exports/board report.csv')).toEqual({ state: 'ended' });
      });

      it('writes an empty stream', async () => {
        expect((await store.putStream('empty.csv', (async function* () {})())).size).toBe(0);
        expect((await store.get('empty.csv'))?.body.byteLength).toBe(0);
      });

      it('writes nothing when the stream breaks, and passes its error on', async () => {
        async function* broken() {
          yield Buffer.alloc(6 * 1024 * 1024);
          throw new Error('the download was cut');
        }
        await expect(store.putStream('cut.csv', broken())).rejects.toThrow('the download was cut');
        expect(await store.head('cut.csv')).toBeUndefined();
      });
    });

    describe('writes in parts', () => {
      const MIB = 1024 * 1024;
      const partOf = (number: number, bytes: number) => Buffer.alloc(bytes, `part ${number} `);
      /** Two parts of the least size and a short last one. */
      const keepAll = async (write: PartedWrite, numbers = [1, 2, 3]) => {
        const kept = new Map<number, KeptPart>();
        for (const number of numbers) {
          const part = { number, start: (number - 1) * LEAST_PART_BYTES };
          kept.set(number, await store.putPart(write, part, partOf(number, number === 3 ? 10 : LEAST_PART_BYTES)));
        }
        return [...kept.values()].sort((a, b) => a.number - b.number);
      };
      const whole = Buffer.concat([partOf(1, LEAST_PART_BYTES), partOf(2, LEAST_PART_BYTES), partOf(3, 10)]);

      it('shows nobody anything before the object is whole, and then all of it', async () => {
        await store.put('exports/board.csv', 'of yesterday');
        const write = await store.beginParts('exports/board.csv', { tags: { state: 'ended' } });
        const parts = await keepAll(write);
        expect(parts.map(({ number, bytes }) => [number, bytes])).toEqual([
          [1, 5 * MIB],
          [2, 5 * MIB],
          [3, 10],
        ]);
        expect(await read('exports/board.csv')).toBe('of yesterday');
        const head = await store.completeParts(write, parts);
        const object = await store.get('exports/board.csv');
        expect(object).toMatchObject(head);
        expect(whole.equals(object?.body ?? Buffer.alloc(0))).toBe(true);
        expect(await subject.tags('exports/board.csv')).toEqual({ state: 'ended' });
      });

      it('is gone on with from what was written down, with parts in any order and twice', async () => {
        const remembered = JSON.stringify(await store.beginParts('exports/board.csv'));
        const parts = await keepAll(JSON.parse(remembered), [2, 3, 1, 2]);
        await store.completeParts(JSON.parse(remembered), JSON.parse(JSON.stringify(parts)));
        expect(whole.equals((await store.get('exports/board.csv'))?.body ?? Buffer.alloc(0))).toBe(true);
      });

      it('keeps only the parts that are named', async () => {
        const write = await store.beginParts('exports/board.csv');
        const [first] = await keepAll(write);
        if (first === undefined) throw new Error('no part was kept');
        await store.completeParts(write, [first]);
        expect((await store.head('exports/board.csv'))?.size).toBe(LEAST_PART_BYTES);
      });

      it('keeps two writes of one key apart; the last to be completed is what is seen', async () => {
        const one = await store.beginParts('exports/board.csv');
        const other = await store.beginParts('exports/board.csv');
        const first = await store.putPart(one, { number: 1, start: 0 }, Buffer.from('one'));
        const second = await store.putPart(other, { number: 1, start: 0 }, Buffer.from('other'));
        await store.completeParts(other, [second]);
        expect(await read('exports/board.csv')).toBe('other');
        await store.completeParts(one, [first]);
        expect(await read('exports/board.csv')).toBe('one');
      });

      it('makes no object of what was given up, and giving up twice is no error', async () => {
        const write = await store.beginParts('exports/board.csv');
        const part = await store.putPart(write, { number: 1, start: 0 }, Buffer.from('x'));
        await store.abandonParts(write);
        await store.abandonParts(write);
        await expect(store.completeParts(write, [part])).rejects.toThrow();
        expect(await store.head('exports/board.csv')).toBeUndefined();
      });
    });

    describe('listing', () => {
      it('lists by prefix in the order of UTF-8 bytes, which is not that of JavaScript strings', async () => {
        const expected = ['t/', 't/A', 't/a', 't/a b', 't/a+b', 't/a/b', 't/é', 't/\uff5e', 't/😀'];
        for (const key of [...expected, 's', 't', 'u/a'].toReversed()) await store.put(key, key);
        expect(await keys('t/')).toEqual(expected);
      });

      it('starts just after a key, there or not', async () => {
        for (const key of ['t/1', 't/2', 't/3']) await store.put(key, key);
        expect(await keys('t/', 't/1')).toEqual(['t/2', 't/3']);
        expect(await keys('t/', 't/11')).toEqual(['t/2', 't/3']);
        expect(await keys('t/', 't/3')).toEqual([]);
        expect(await keys('t/', 'a')).toEqual(['t/1', 't/2', 't/3']);
        expect(await keys('t/', 'z')).toEqual([]);
      });

      it('gives size, ETag and time of each current object', async () => {
        await store.put('one', 'old');
        await store.put('one', 'new!');
        const { versionId: _, ...rest } = (await store.head('one')) ?? {};
        expect(await collect(store.list(''))).toEqual([rest]);
      });

      it('lists more than a page', async () => {
        const many = Array.from({ length: 1005 }, (_, index) => `runs/${String(index).padStart(4, '0')}`);
        for (let start = 0; start < many.length; start += 50)
          await Promise.all(many.slice(start, start + 50).map((key) => store.put(key, '')));
        expect(await keys('runs/')).toEqual(many);
      });
    });
  });
}

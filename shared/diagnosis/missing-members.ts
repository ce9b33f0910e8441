import type { MissingMembers } from './dump-summary.ts';

const MAX_LISTS = 50;
/** Members listed for each list, and members told apart. */
export const MAX_MEMBERS = 1_000;
export const MAX_DISTINCT = 50_000;
const MAX_NAME = 300;

/** Collects the members that a dump names as missing, each once, in memory that is bounded however many there are. */
export function createMemberCollector() {
  const lists = new Map<string, { list?: string; distinct: Set<string>; more: boolean }>();
  return {
    add(list: string | undefined, member: string | undefined): void {
      const name = member?.trim().slice(0, MAX_NAME);
      if (!name) return;
      const key = list ?? '';
      let known = lists.get(key);
      if (known === undefined) {
        if (lists.size >= MAX_LISTS) return;
        known = { ...(list === undefined ? {} : { list }), distinct: new Set(), more: false };
        lists.set(key, known);
      }
      if (known.distinct.size < MAX_DISTINCT) known.distinct.add(name);
      else if (!known.distinct.has(name)) known.more = true;
    },
    /** Lists with the most missing members first. */
    all(): MissingMembers[] {
      return [...lists.values()]
        .map(({ list, distinct, more }) => ({
          ...(list === undefined ? {} : { list }),
          members: [...distinct].slice(0, MAX_MEMBERS),
          count: distinct.size,
          ...(more ? { more } : {}),
        }))
        .sort((a, b) => b.count - a.count);
    },
  };
}

export interface InOrderOptions {
  /** how many are fetched at the same time */
  atOnce: number;
  /** false: nothing more is begun; what is on its way is still given */
  goesOn: () => boolean;
}

/**
 * Fetches the items of `indexes` several at once and gives them in their order. A failure is thrown in its place, and nothing is left on its
 * way when it is.
 */
export async function* inOrder<T>(
  indexes: Iterable<number>,
  fetch: (index: number) => Promise<T>,
  { atOnce, goesOn }: InOrderOptions,
): AsyncGenerator<T> {
  const left = indexes[Symbol.iterator]();
  const fetching: Promise<T>[] = [];
  let isOver = false;
  const begin = () => {
    while (!isOver && fetching.length < atOnce && goesOn()) {
      const next = left.next();
      if (next.done) isOver = true;
      else fetching.push(handled(fetch(next.value)));
    }
  };
  try {
    for (begin(); ; begin()) {
      const first = fetching.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(fetching);
  }
}

/** It is awaited in its turn; when it fails earlier than that, it is not lost. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

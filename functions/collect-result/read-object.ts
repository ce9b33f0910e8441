import type { Store } from '../../shared/ports/store.ts';

const READ_BYTES = 4 * 1024 * 1024;

export interface ReadInTime {
  /** whether one more piece is read */
  isTime(): boolean;
  /** is told how many bytes were read where they are not all */
  onCut(readBytes: number): void;
}

/** An object's bytes in order, a few megabytes in memory at a time, as many as can be read in time. */
export async function* readObject(
  store: Store,
  { key, bytes, versionId }: { key: string; bytes: number; versionId?: string },
  inTime: ReadInTime,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes; start += READ_BYTES) {
    if (!inTime.isTime()) return inTime.onCut(start);
    yield await store.getRange(key, { start, end: Math.min(bytes, start + READ_BYTES) }, versionId);
  }
}

/** S3: 1,024 bytes of UTF-8. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export const MAX_KEY_BYTES = 1024;

/**
 * Holds every adapter to keys that S3 and a file system can both keep.
 *
 * @throws RangeError for an empty or overlong key, a NUL, or half of a surrogate pair
 */
export function checkKey(key: string): void {
  if (key === '') throw new RangeError('An object needs a key');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new RangeError(`A key holds at most ${MAX_KEY_BYTES} bytes: ${JSON.stringify(key.slice(0, 60))}…`);
  if (key.includes('\0') || !key.isWellFormed())
    throw new RangeError(`The key ${JSON.stringify(key)} holds characters that cannot be stored`);
}

/** @throws RangeError unless 0 <= start <= end, in whole bytes */
export function checkRange(range: { start: number; end: number }): void {
  if (
    !(
      Number.isSafeInteger(range.start) &&
      Number.isSafeInteger(range.end) &&
      range.start >= 0 &&
      range.end >= range.start
    )
  )
    throw new RangeError(`Bytes ${range.start} to ${range.end} are no range`);
}

/** Ascending by UTF-8 bytes, as S3 lists keys; JavaScript's own order differs above U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above all others of 16 bits. */
function utf8Rank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit;
  return codeUnit >= 0xe000 ? codeUnit - 0x800 : codeUnit + 0x2000;
}

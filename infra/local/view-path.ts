import { createHash } from 'node:crypto';

/** File systems allow 255 bytes in a name; this leaves room for a mark and a hash. */
const MAX_NAME_BYTES = 200;
const MAX_PATH_BYTES = 1500;

/**
 * The relative path under which a person finds the object of `key`: the key itself where a file system can hold it.
 *
 * No two keys share a path, and no path leaves the folder: what a file system forbids (`..`, empty and overlong names,
 * control characters, what Windows reserves) is written with `%`. A key may be both a file and a folder (`a` and `a/b`), so
 * the two look different: a file's name has a dot or ends in `%`, a folder's has none or ends in `%`.
 */
export function viewPath(key: string): string {
  const segments = key.split('/');
  const names = segments.map((segment, index) =>
    index === segments.length - 1 ? fileName(segment) : folderName(segment),
  );
  const path = names.join('/');
  return Buffer.byteLength(path) > MAX_PATH_BYTES ? `%long/${hash(key)}%` : path;
}

function fileName(segment: string): string {
  const name = safeName(segment);
  return name.includes('.') ? name : `${name}%`;
}

function folderName(segment: string): string {
  const name = safeName(segment);
  return name.includes('.') ? `${name}%` : name;
}

function safeName(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') return `%${segment.length}`;
  const escaped = segment.replace(/[%\\:*?"<>|]|\p{Cc}|[. ]$/gu, percent);
  if (Buffer.byteLength(escaped) <= MAX_NAME_BYTES) return escaped;
  const extension = /\.\w{1,10}$/.exec(escaped)?.[0] ?? '';
  return `${[...escaped].slice(0, 40).join('')}%~${hash(segment)}${extension}`;
}

function percent(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

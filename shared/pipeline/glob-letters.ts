/** How `@(a|b)` and its like begin. */
export const EXTENDED = /[@!+*?]\(/;

/** A letter and the accents on it as one, as most people write it; a Mac writes them apart in the names of files. */
export const lettersOf = (text: string): string => text.normalize('NFC');

const CLASS = /\[(?:\[:\w+:\]|[^\]])+\]/y;

/**
 * A pattern in which all that is no wildcard stands for itself: a bracket that opens no extended pattern, or is never closed, and what
 * would otherwise mean something in a regular expression.
 */
export function plainly(glob: string): string {
  let text = '';
  // Of each open parenthesis, whether it belongs to an extended pattern.
  const open: boolean[] = [];
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at] ?? '';
    CLASS.lastIndex = at;
    const [inClass] = CLASS.exec(glob) ?? [];
    if (inClass !== undefined) {
      text += inClass;
      at += inClass.length - 1;
    } else if ('@!+*?'.includes(letter) && glob[at + 1] === '(' && isClosed(glob, at + 1, '(', ')')) {
      text += `${letter}(`;
      open.push(true);
      at++;
    } else if (letter === '(') {
      text += '\\(';
      open.push(false);
    } else if (letter === ')') text += open.pop() === true ? ')' : '\\)';
    else if (letter === '|') text += open.includes(true) ? '|' : '\\|';
    else if (letter === '{') text += isClosed(glob, at, '{', '}') ? '{' : '\\{';
    else text += '+"'.includes(letter) ? `\\${letter}` : letter;
  }
  return text;
}

/** Whether the bracket at a place is closed. */
function isClosed(glob: string, at: number, opening: string, closing: string): boolean {
  let depth = 0;
  for (const letter of glob.slice(at)) {
    depth += letter === opening ? 1 : letter === closing ? -1 : 0;
    if (depth === 0) return true;
  }
  return false;
}

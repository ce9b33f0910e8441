/** How `@(a|b)` and its like begin. */
export const EXTENDED = /[@!+*?]\(/;

/** A letter and the accents on it as one, as most people write it; a Mac writes them apart in the names of files. */
export const lettersOf = (text: string): string => text.normalize('NFC');

/** `[0-9]` and its like, for a regular expression. */
export const CLASS = String.raw`\[(?:\[:\w+:\]|[^\]])+\]`;

const CLASS_HERE = new RegExp(CLASS, 'y');

/**
 * A pattern in which all that is no wildcard stands for itself: a bracket that opens no extended pattern, or is never closed, braces
 * without a comma, and what would otherwise mean something in a regular expression.
 */
export function plainly(glob: string): string {
  let text = '';
  // Of each open parenthesis, whether it belongs to an extended pattern.
  const open: boolean[] = [];
  // Of each open brace, whether it begins a list.
  const lists: boolean[] = [];
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at] ?? '';
    CLASS_HERE.lastIndex = at;
    const [inClass] = CLASS_HERE.exec(glob) ?? [];
    if (inClass !== undefined) {
      // As in a shell "!" denies a class too, and a denied one passes over names that begin with a dot.
      text += inClass.replace(/^\[[!^](?=.{2})/, /(?:^|\/)$/.test(text) ? '[^.' : '[^');
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
    else if (letter === '{') {
      lists.push(isList(glob, at));
      text += lists.at(-1) === true ? '@(' : '\\{';
    } else if (letter === ',') text += lists.at(-1) === true ? '|' : ',';
    else if (letter === '}') text += lists.pop() === true ? ')' : '\\}';
    // Beside a parenthesis a regular expression has another meaning for "?".
    else if (letter === '?' && /(?<!\\)[()]$/.test(text)) text += '[^/]';
    else text += '+"'.includes(letter) ? `\\${letter}` : letter;
  }
  return text;
}

/** Whether the brace at a place begins a list: it is closed, and has a comma of its own. */
function isList(glob: string, at: number): boolean {
  let depth = 0;
  let hasComma = false;
  for (const letter of glob.slice(at)) {
    if (letter === ',' && depth === 1) hasComma = true;
    depth += letter === '{' ? 1 : letter === '}' ? -1 : 0;
    if (depth === 0) return hasComma;
  }
  return false;
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

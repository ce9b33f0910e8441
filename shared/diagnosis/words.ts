/** Anaplan's or a gateway's words as one bounded line: control characters and runs of blanks become one blank. */
export function excerpt(text: string, maxLength = 300): string {
  // Cut first: the input may be a whole hostile body.
  const line = text
    .slice(0, maxLength * 8)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).trimEnd()}…` : line;
}

/** What a body that is not Anaplan's JSON says, for a person: the title of a page, or its first words. Empty when it says nothing. */
export function bodyInWords(body: string): string {
  const start = body.slice(0, 4096);
  if (!/^\s*</.test(start)) return excerpt(start, 200);
  const title = /<title[^>]{0,100}>([^<]{1,200})/i.exec(start)?.[1];
  const words = excerpt(title ?? start.replace(/<[^>]{0,500}>/g, ' '), 150);
  return words === '' ? 'a page of markup without text' : `a web page saying ${words}`;
}

/** Puts `words` in place of `{name}`; a name without a word stays as it is. Words are never read as patterns. */
export function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(words, name) ? (words[name] ?? whole) : whole,
  );
}

/** `1 row`, `2 rows`; thousands are grouped as people write them. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? singular : plural}`;
}

/** The first letter as a capital, so that a name in plain words can open a sentence. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Somebody else's words as a sentence, so that ours can follow. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** A message text of Anaplan with parameters, ready to be recognised. */
export interface Template {
  /** letters that are the same in every such text: how much a match proves */
  letters: number;
  match(text: string): TemplateMatch | undefined;
}

export interface TemplateMatch {
  parameters: Readonly<Record<string, string>>;
  /** the text with line numbers, values and appended words taken out */
  groupText: string;
  /** the value appended to the text, or its `{value}` */
  value?: string;
  /** the last parameter of the template */
  last?: string;
}

/** Parameters that are whole numbers; everything else is any text. */
const NUMBERS = /Count$|^(count|lineNumber|position|affectedItems|fileSize)$/;
/** Parameters that differ from row to row. */
const VOLATILE = /^(lineNumber|position|value|name|items|count|message)$/;
const PARAMETER = /\{(\w+)\}/g;

/**
 * Reads a template such as `Invalid date for format {format}`. In a text, a value may be appended after a colon, and
 * blanks at the end do not count, as Anaplan prints them (anaplan-notes: Dumps). Texts must be bounded by the caller.
 */
export function compileTemplate(template: string): Template {
  const names = [...template.matchAll(PARAMETER)].map((found) => found[1] ?? '');
  const literals = template.split(/\{\w+\}/);
  const source = literals
    .map((literal, index) => {
      const name = names[index];
      const parameter = name === undefined ? '' : NUMBERS.test(name) ? '(\\d[\\d,.\\u00a0\\u202f]{0,30})' : '(.*?)';
      return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') + parameter;
    })
    .join('');
  const endsWithParameter = template.endsWith('}');
  const pattern = new RegExp(`^${source}${endsWithParameter ? '' : '(?::\\s?(?<appended>.*))?'}\\s*$`, 'isu');

  return {
    letters: literals.join('').replace(/[^a-z]/gi, '').length,
    match(text) {
      const found = pattern.exec(text);
      if (found === null) return undefined;
      const parameters: Record<string, string> = {};
      for (const [index, name] of names.entries()) parameters[name] = found[index + 1] ?? '';
      const appended = found.groups?.appended;
      const value = appended ?? parameters.value ?? parameters.name;
      const last = names.length === 0 ? undefined : parameters[names[names.length - 1] ?? ''];
      return {
        parameters,
        groupText: literals
          .map((literal, index) => {
            const name = names[index];
            return name === undefined ? literal : literal + (VOLATILE.test(name) ? '…' : parameters[name]);
          })
          .join('')
          .trim(),
        ...(value === undefined ? {} : { value }),
        ...(last === undefined ? {} : { last }),
      };
    },
  };
}

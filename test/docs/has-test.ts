/** Whether a source file has a test of this name, or a table of tests a row of it: a string at the beginning of a call or a row. */
export function hasTest(source: string, name: string): boolean {
  const literals = [`'${name.replaceAll("'", String.raw`\'`)}'`, `"${name}"`, `\`${name}\``];
  return literals.some((literal) => {
    for (let at = source.indexOf(literal); at >= 0; at = source.indexOf(literal, at + 1)) {
      if (/[([]\s*$/.test(source.slice(0, at)) && /^\s*,/.test(source.slice(at + literal.length))) return true;
    }
    return false;
  });
}

/** Whether a source file leaves out some of its tests, always or under a condition: what is left out proves nothing. */
export function leavesOut(source: string): boolean {
  return /\b(it|test|describe)(\.concurrent|\.sequential)?\.(skip|skipIf|runIf|todo|only|fails)\(/.test(source);
}

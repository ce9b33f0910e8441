const DURATION = /^(?:(?<d>\d+) ?d)? ?(?:(?<h>\d+) ?h)? ?(?:(?<m>\d+) ?(?:m|min))? ?(?:(?<s>\d+) ?s)?$/;

/** Seconds of a readable duration such as `90s`, `2min`, `2h`, `1h 30min`, `7d`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)?.groups;
  if (parts === undefined || text.trim() === '') return undefined;
  const amount = (unit: string): number => Number(parts[unit] ?? 0);
  return amount('d') * 86_400 + amount('h') * 3600 + amount('m') * 60 + amount('s');
}

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A piece of code on a page. `info` is what stands after the backticks: `ts`, `yaml tenant`, … */
export interface Example {
  page: string;
  /** of its first line, 1-based */
  line: number;
  /** a file name for it */
  name: string;
  /** the heading above it */
  heading: string;
  info: string;
  code: string;
}

/** The pages whose examples are tried. */
export const PAGES = ['docs/anaplan-client.md', 'docs/simulator.md'];

const ROOT = join(import.meta.dirname, '../..');

/** Every fenced example of a page, in order. */
export function examplesOf(page: string): Example[] {
  const found: Example[] = [];
  let heading = '';
  let open: Example | undefined;
  for (const [index, text] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (open && fence) open = undefined;
    else if (open) open.code += `${text}\n`;
    else if (fence) {
      const line = index + 2;
      const name = `${basename(page, '.md')}-${line}`;
      open = { page, line, name, heading, info: fence[1] ?? '', code: '' };
      found.push(open);
    } else if (text.startsWith('#')) heading = text.replace(/^#+ /, '');
  }
  return found;
}

/** The programs among them. */
export const programs = (): Example[] => PAGES.flatMap(examplesOf).filter(({ info }) => info === 'ts');

/** What a program says that it prints, in comments behind `console.log`. */
export function expectedOutput(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, output = '']) => output);
}

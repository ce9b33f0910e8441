import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';

export interface Choice<T> {
  name: string;
  value: T;
}

/** How `plandrop init` asks. Tests answer from a list; `--yes` answers by itself. */
export interface Prompts {
  /** `standard` is the proposal; where there is none, the person has to choose */
  choose<T>(question: string, choices: readonly Choice<T>[], standard?: T): Promise<T>;
  /** `mistake` says in words that complete "It must be …" what is wrong with an answer */
  ask(question: string, about: { standard: string; mistake: (text: string) => string | undefined }): Promise<string>;
  confirm(question: string, standard: boolean): Promise<boolean>;
}

/** From this many on, a list is searched by typing. */
const LONG_LIST = 12;

/** Questions on the terminal; standard output is left to what the command prints. @throws CommandError when the person leaves */
export async function terminalPrompts(): Promise<Prompts> {
  // Only this command needs it, and it takes longer to load than the others take to run.
  const { confirm, input, search, select } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  const left = (error: unknown): never => {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new CommandError('You left before the end, so nothing was written.', { exitCode: EXIT.interrupted });
    }
    throw error;
  };
  return {
    choose: async (message, choices, standard) => {
      if (choices.length < LONG_LIST) {
        const proposal = standard === undefined ? {} : { default: standard };
        return select({ message, choices: [...choices], ...proposal }, context).catch(left);
      }
      const source = (term = '') =>
        choices.filter(({ name }) => name.toLowerCase().includes(term.trim().toLowerCase()));
      return search({ message: `${message} (type to search)`, source }, context).catch(left);
    },
    ask: async (message, { standard, mistake }) => {
      const validate = (text: string): true | string => {
        const wrong = mistake(text);
        return wrong === undefined ? true : `It must be ${wrong}.`;
      };
      return input({ message, default: standard, validate }, context).catch(left);
    },
    confirm: (message, standard) => confirm({ message, default: standard }, context).catch(left),
  };
}

/** For `--yes`: takes what there is no choice about, and every proposal. @throws CommandError where there is a choice */
export const noPrompts: Prompts = {
  choose: async (question, choices, standard) => {
    if (standard !== undefined) return standard;
    const [only, ...others] = choices;
    if (only !== undefined && others.length === 0) return only.value;
    throw new CommandError(`"${question}" has no answer that is clear by itself.`, {
      whatToCheck: [
        `Say it with an option (plandrop init --help). There are ${choices.map(({ name }) => name).join(', ')}.`,
      ],
      exitCode: EXIT.failed,
    });
  },
  ask: async (_, { standard }) => standard,
  confirm: async (_, standard) => standard,
};

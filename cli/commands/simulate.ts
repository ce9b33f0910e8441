import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  parseScenario,
  parseTenant,
  type Simulator,
  SimulatorFileError,
  startSimulator,
} from '../../simulator/index.ts';
import { CommandError } from '../command-error.ts';
import { interruption } from '../interruption.ts';
import { jsonOption, portOption } from '../options.ts';

interface SimulateOptions {
  port: number;
  tenant?: string;
  scenario?: string;
  json?: true;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('an Anaplan tenant on this machine, to develop and test against')
    .addOption(portOption(7080))
    .addOption(new Option('--tenant <file>', 'the tenant, as YAML; by default a small demo tenant'))
    .addOption(new Option('--scenario <file>', 'the weather, as YAML: answers, delays and broken connections'))
    .addOption(jsonOption())
    .action(simulate);
}

/** Listens until interrupted. */
async function simulate({ port, tenant, scenario, json }: SimulateOptions): Promise<void> {
  const simulator = await startSimulator({
    port,
    ...(tenant === undefined ? {} : { tenant: await readAs(parseTenant, tenant) }),
    ...(scenario === undefined ? {} : { scenario: await readAs(parseScenario, scenario) }),
  });
  const interrupted = interruption();
  process.stdout.write(json ? `${JSON.stringify(described(simulator))}\n` : welcome(simulator));
  await interrupted;
  await simulator.close();
}

function described({ url, users, workspace, model, imports, processes, exports, actions }: Simulator): object {
  return { url, users, workspace, model, imports, processes, exports, actions };
}

function welcome(simulator: Simulator): string {
  const { url, user, password, workspace, model } = simulator;
  const names = (objects: readonly { name: string }[]) => objects.map(({ name }) => name).join(', ') || 'none';
  return [
    `An Anaplan tenant listens at ${url} (see ${url}/simulator). Stop it with Ctrl-C.`,
    `  workspace "${workspace.name}", model "${model.name}"`,
    `  imports: ${names(simulator.imports)}; processes: ${names(simulator.processes)}`,
    '',
    'In another terminal:',
    `  export ANAPLAN_API_URL=${url} ANAPLAN_AUTH_URL=${url}`,
    `  export ANAPLAN_USERNAME='${user}' ANAPLAN_PASSWORD='${password}'`,
    '',
  ].join('\n');
}

async function readAs<T>(parse: (text: string) => T, path: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new CommandError(
      code === 'ENOENT' ? `There is no file ${path}.` : `The file ${path} cannot be read (${code}).`,
      { whatToCheck: ['Look at the path; it is relative to the folder in which plandrop is called.'] },
    );
  }
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SimulatorFileError) {
      throw new CommandError(`${path}: ${error.message}`, {
        whatToCheck: ['Mend the file; docs/simulator.md has examples.'],
      });
    }
    throw error;
  }
}

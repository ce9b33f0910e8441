#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { asCommandError, CommandError } from './command-error.ts';
import { checkCommand } from './commands/check.ts';
import { doctorCommand } from './commands/doctor.ts';
import { failuresCommand } from './commands/failures.ts';
import { initCommand } from './commands/init.ts';
import { lanesCommand } from './commands/lanes.ts';
import { localCommand } from './commands/local.ts';
import { lockCommand } from './commands/lock.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { schemaCommand } from './commands/schema.ts';
import { simulateCommand } from './commands/simulate.ts';
import { supportCommand } from './commands/support.ts';
import { validateCommand } from './commands/validate.ts';
import { endSoon } from './end-soon.ts';
import { EXIT } from './exit-codes.ts';
import { version } from './version.ts';

const program = strict(
  new Command('plandrop')
    .version(version(), '--version', 'say which version this is')
    .description('Lands files in Anaplan, unattended and honestly.')
    .addCommand(runCommand())
    .addCommand(localCommand())
    .addCommand(runsCommand())
    .addCommand(lanesCommand())
    .addCommand(failuresCommand())
    .addCommand(supportCommand())
    .addCommand(initCommand())
    .addCommand(lockCommand())
    .addCommand(validateCommand())
    .addCommand(schemaCommand())
    .addCommand(checkCommand())
    .addCommand(doctorCommand())
    .addCommand(simulateCommand()),
);

// A log that cannot be written stops no work. Standard output is what a command was called for: where that is lost, it fails.
process.stderr.on('error', () => {});

process.exitCode = await main(process.argv);
if (process.exitCode === EXIT.interrupted) endSoon();

/** With `--json` standard output is exactly one JSON document, also for errors; everything else goes to standard error. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    const error = thrown instanceof CommanderError ? usageError(thrown) : asCommandError(thrown);
    if (process.env.PLANDROP_DEBUG) console.error(thrown);
    if (argv.includes('--json')) {
      const { category, message, whatToCheck } = error;
      process.stdout.write(`${JSON.stringify({ error: { category, message, whatToCheck } }, null, 2)}\n`);
    } else {
      process.stderr.write(
        [`plandrop: ${error.message}`, ...error.whatToCheck.map((check) => `  ${check}`), ''].join('\n'),
      );
    }
    return error.exitCode;
  }
}

function usageError(error: CommanderError): CommandError {
  const message = error.code === 'commander.help' ? 'say what to do' : error.message.replace(/^error: /, '');
  return new CommandError(message, { whatToCheck: ['See plandrop --help, or plandrop <command> --help.'] });
}

/** Wrong usage is an error like any other: told once, with our own exit code. */
function strict(command: Command): Command {
  for (const each of command.commands) strict(each);
  return command.exitOverride().configureOutput({ writeErr: () => {} });
}

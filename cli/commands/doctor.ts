import { Command, Option } from 'commander';
import colors from 'picocolors';
import { systemClock } from '../../shared/ports/clock.ts';
import { environmentSecrets } from '../../shared/ports/environment-secrets.ts';
import { configurationFor, requirePipeline } from '../configuration.ts';
import { withAnaplan } from '../doctor/ask-anaplan.ts';
import { examineModel, type Target, targetsOf } from '../doctor/examine-model.ts';
import { examineCertificate, examineSignIn } from '../doctor/examine-sign-in.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { configOption, dataDirOption, jsonOption } from '../options.ts';

interface DoctorOptions {
  pipeline?: string;
  config: string;
  dataDir: string;
  json?: true;
}

/** Findings about one thing: the sign-in, or a model. */
interface Examined {
  subject: string;
  workspace?: string;
  model?: string;
  pipelines?: readonly string[];
  findings: Finding[];
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('every check of the troubleshooting guide, without changing anything in Anaplan')
    .addOption(new Option('--pipeline <name>', 'look at what this pipeline needs; default: all'))
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      process.exitCode = await doctor(options);
    });
}

/** @returns the exit code: 1 when something is seen to be wrong */
async function doctor({ pipeline, config, dataDir, json }: DoctorOptions): Promise<number> {
  const configuration = await configurationFor(config, process.env);
  if (pipeline !== undefined) requirePipeline(pipeline, configuration);
  const secrets = environmentSecrets(process.env);
  const credentials = await secrets.credentials();
  const pipelines = Object.entries(configuration.pipelines).filter(
    ([name]) => pipeline === undefined || name === pipeline,
  );
  const targets = targetsOf(Object.fromEntries(pipelines));

  const signIn: Examined = { subject: 'Sign-in', findings: examineCertificate(credentials, systemClock.now()) };
  const examined = [signIn];
  if (!signIn.findings.some(isBroken)) {
    await withAnaplan(configuration, { secrets, dataDir }, async (anaplan) => {
      const { finding, user } = await examineSignIn(anaplan);
      signIn.findings.push(finding);
      if (user === undefined) return;
      for (const target of targets) {
        const of = examinedOf(target);
        examined.push(of);
        for await (const each of examineModel(target, anaplan, user)) of.findings.push(each);
      }
    });
  }
  const wrong = examined.flatMap(({ findings }) => findings).filter(isBroken).length;
  process.stdout.write(json ? asJson(examined, wrong) : inWords(examined, wrong));
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

const isBroken = ({ verdict }: Finding) => verdict === 'broken';

function examinedOf({ workspace, model, pipelines }: Target): Examined {
  const named = pipelines.length === 1 ? 'pipeline' : 'pipelines';
  return {
    subject: `Model "${model}" of workspace "${workspace}" (${named} ${pipelines.join(', ')})`,
    workspace,
    model,
    pipelines,
    findings: [],
  };
}

function asJson(examined: readonly Examined[], wrong: number): string {
  const checks = examined.flatMap(({ workspace, model, pipelines, findings }) =>
    findings.map((finding) => ({ ...(model === undefined ? {} : { workspace, model, pipelines }), ...finding })),
  );
  return `${JSON.stringify({ ok: wrong === 0, checks }, null, 2)}\n`;
}

const SIGNS: Readonly<Record<Verdict, string>> = {
  fine: colors.green('✔'),
  broken: colors.red('✘'),
  unclear: colors.yellow('?'),
};

function inWords(examined: readonly Examined[], wrong: number): string {
  const lines: string[] = [];
  for (const { subject, findings } of examined) {
    lines.push(colors.bold(subject));
    for (const { verdict, message, next } of findings) {
      lines.push(`  ${SIGNS[verdict]} ${message}`, ...next.map((what) => `      ${what}`));
    }
    if (findings.some(isBroken)) lines.push('    What lies behind a ✘ is not asked.');
    lines.push('');
  }
  lines.push(
    wrong === 0 ? 'Nothing is seen to be wrong. Nothing was changed.' : `To mend: ${wrong}. Nothing was changed.`,
  );
  return `${lines.join('\n')}\n`;
}

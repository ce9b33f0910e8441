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

/** Everything that was looked at, and how many things are seen to be wrong. */
export interface Examination {
  examined: readonly Examined[];
  wrong: number;
}

/** @returns the exit code: 1 when something is seen to be wrong */
async function doctor({ json, ...options }: DoctorOptions): Promise<number> {
  const examination = await examine(options, process.env);
  process.stdout.write(
    json ? `${JSON.stringify(examinationJson(examination), null, 2)}\n` : examinationWords(examination),
  );
  return examination.wrong === 0 ? EXIT.ok : EXIT.failed;
}

/** @throws what can be told without asking Anaplan */
export async function examine(
  { pipeline, config, dataDir }: DoctorOptions,
  env: NodeJS.ProcessEnv,
): Promise<Examination> {
  const configuration = await configurationFor(config, env);
  if (pipeline !== undefined) requirePipeline(pipeline, configuration);
  const secrets = environmentSecrets(env);
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
  return { examined, wrong };
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

export function examinationJson({ examined, wrong }: Examination): { ok: boolean; checks: object[] } {
  const checks = examined.flatMap(({ workspace, model, pipelines, findings }) =>
    findings.map((finding) => ({ ...(model === undefined ? {} : { workspace, model, pipelines }), ...finding })),
  );
  return { ok: wrong === 0, checks };
}

const SIGNS: Readonly<Record<Verdict, string>> = {
  fine: colors.green('✔'),
  broken: colors.red('✘'),
  unclear: colors.yellow('?'),
};

export function examinationWords({ examined, wrong }: Examination): string {
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

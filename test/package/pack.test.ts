import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedOutput, programs } from '../docs/examples.ts';
import { manifest, Project } from './project.ts';

const project = new Project();
beforeAll(() => project.setUp());
afterAll(() => project.remove());

const STRICTEST = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
};

/** Uses what a TypeScript user would, and what must not compile. */
const USE = `
import { AnaplanClient, type AnaplanClientOptions, type ModelRef, repeat, requestBudget, systemClock } from 'plandrop/anaplan';
import { parseScenario, parseTenant, type Simulator, startSimulator, turnableClock } from 'plandrop/simulator';

await using tenant: Simulator = await startSimulator({
  tenant: parseTenant('models: { Plan: { lists: { Products: [Tea] }, imports: { Load: { into: Products } } } }'),
  scenario: parseScenario('rules: []'),
  clock: turnableClock(Date.now()),
});
const options: AnaplanClientOptions = {
  apiUrl: tenant.url,
  authUrl: tenant.url,
  budget: requestBudget({ clock: systemClock, requestsPerMinute: 60 }),
  credentials: async () => ({ kind: 'basic', username: tenant.user, password: tenant.password }),
};
const client = new AnaplanClient(options);
const where: ModelRef = { workspaceId: tenant.workspace.id, modelId: tenant.model.id };
const names: string[] = await repeat(client, async (each) => (await each.listImports(where)).map(({ name }) => name), {
  sleep: async () => {},
});
console.log(names.join());

export async function mustNotCompile(): Promise<void> {
  // @ts-expect-error a start is not repeatable
  await repeat(client, (each) => each.startTask(where, { kind: 'imports', id: '1' }), { sleep: async () => {} });
  // @ts-expect-error no such kind
  await client.startTask(where, { kind: 'import', id: '1' });
  // @ts-expect-error ids are strings
  await client.getModel(7);
}
await client.close();
`;

describe('the package', () => {
  it('is built JavaScript and declarations, with what belongs to a package, and nothing else', () => {
    const others = project.files.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file));
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/plandrop.schema.json',
      'package.json',
      'packaging/plandrop.js',
    ]);
    for (const entry of ['anaplan', 'simulator']) {
      expect(project.files).toContain(`dist/packaging/${entry}.js`);
      expect(project.files).toContain(`dist/packaging/${entry}.d.ts`);
    }
  });

  it('brings no Node, and leaves the project the one it had', async () => {
    const { dependencies, optionalDependencies, peerDependenciesMeta } = manifest(
      join(project.folder, 'node_modules/plandrop'),
    );
    expect(JSON.stringify({ dependencies, optionalDependencies })).not.toMatch(/"node(-\w+)*":/);
    expect(peerDependenciesMeta).toEqual({ 'aws-cdk-lib': { optional: true }, constructs: { optional: true } });
    expect(existsSync(join(project.folder, 'node_modules/.bin/node'))).toBe(false);
    const own = await project.run(['node', '-v']);
    const inside = await project.run(['npm', 'exec', '--', 'node', '-v']);
    expect(inside.stdout).toBe(own.stdout);
  });

  it('and what it depends on take the oldest Node it promises', async () => {
    const { stderr } = await project.run(['npm', 'install', '--prefer-offline'], { node: project.oldestNode });
    expect(stderr).not.toContain('EBADENGINE');
  });

  it.each([
    { resolution: 'Node', settings: { module: 'nodenext', target: 'es2022' } },
    {
      resolution: 'bundlers',
      settings: { module: 'esnext', moduleResolution: 'bundler', target: 'es2024', noEmit: true },
    },
  ])('passes the strictest type check, as $resolution resolve it', async ({ settings }) => {
    for (const { name, code } of programs()) project.write(`${name}.mts`, code);
    project.write('use.ts', USE);
    const files = [...programs().map(({ name }) => `${name}.mts`), 'use.ts'];
    const compilerOptions = { ...STRICTEST, outDir: 'built', ...settings };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    const { stdout } = await project.run(['node_modules/.bin/tsc', '-p', '.']);
    expect(stdout).toBe('');
  });

  it('runs compiled, with what a compiler makes of await using', async () => {
    const { stdout } = await project.run(['node', 'built/use.js'], { node: project.oldestNode });
    expect(stdout).toBe('Load\n');
  });

  it.each(programs())('runs $page, line $line ($heading), as it stands', async ({ name, code }) => {
    project.write(`${name}.mts`, code);
    const { stdout } = await project.run(['node', `${name}.mts`], { node: project.oldestNode });
    let rest = stdout;
    for (const line of expectedOutput(code)) {
      expect(rest).toContain(`${line}\n`);
      rest = rest.slice(rest.indexOf(`${line}\n`) + line.length);
    }
  });
});

describe('its command', () => {
  const NODE_24 = dirname(process.execPath);

  it('says what it can do', async () => {
    const { stdout } = await project.run(['npx', '--no-install', 'plandrop', '--help'], { node: NODE_24 });
    expect(stdout).toContain('simulate');
  });

  it('simulates a tenant that listens, and stops when told', async () => {
    const simulate = spawn('node_modules/.bin/plandrop', ['simulate', '--port', '0', '--json'], {
      cwd: project.folder,
      env: { ...process.env, PATH: `${NODE_24}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(simulate.stdout), 'line');
    const { url } = JSON.parse(String(line));
    expect((await fetch(`${url}/simulator/requests`)).status).toBe(200);
    simulate.kill('SIGTERM');
    expect(await once(simulate, 'exit')).toEqual([0, null]);
  });

  it.runIf(process.platform === 'linux')('says which Node it needs to one that is older', async () => {
    const plain = await project.run(['node_modules/.bin/plandrop', 'runs'], { node: project.oldestNode, exits: 64 });
    expect(plain.stderr).toContain('needs Node 24 or newer; this is Node 22.18.0');
    const json = await project.run(['node_modules/.bin/plandrop', 'runs', '--json'], {
      node: project.oldestNode,
      exits: 64,
    });
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { category: 'configuration' } });
  });
});

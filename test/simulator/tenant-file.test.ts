import { describe, expect, it } from 'vitest';
import { createSimulator, demoTenant, parseTenant, SimulatorFileError } from '../../simulator/index.ts';
import { Caller } from './helpers/caller.ts';
import { inProcess } from './helpers/in-process.ts';

const FIVE_LINES = `models:
  Plan:
    lists: { Products: [Tea, Coffee] }
    modules: { Sales: { by: [Products, Time], items: { Units: number } } }
    imports: { Load Sales: { into: Sales } }
`;

const mistakesOf = (yaml: string) => {
  try {
    parseTenant(yaml);
  } catch (error) {
    if (error instanceof SimulatorFileError)
      return error.mistakes.map((each) => `${each.line} ${each.path}: ${each.message}`);
    throw error;
  }
  return [];
};

describe('a tenant file', () => {
  it('of five lines makes a tenant that loads a file', async () => {
    const { run, report, simulator } = await inProcess(parseTenant(FIVE_LINES));
    expect(simulator).toMatchObject({
      user: 'ada@example.com',
      workspace: { name: 'Workspace' },
      model: { name: 'Plan' },
    });
    expect((await run('imports', 'Load Sales', 'Products,Time,Units\nTea,Jan 26,3\n')).result.successful).toBe(true);
    expect((await report()).modules.Sales).toEqual([{ Products: 'Tea', Time: 'Jan 26', Units: 3 }]);
  });

  it('gives the same ids at each start, in the live formats', async () => {
    const ids = async () => {
      const { workspace, model, imports } = await createSimulator({ tenant: parseTenant(FIVE_LINES) });
      return { workspace, model, imports };
    };
    const first = await ids();
    expect(await ids()).toEqual(first);
    expect(first).toMatchObject({
      workspace: { id: expect.stringMatching(/^[0-9a-f]{32}$/) },
      model: { id: expect.stringMatching(/^[0-9A-F]{32}$/) },
      imports: [{ id: '112000000000', importDataSourceId: '113000000000' }],
    });
  });

  it('may fix ids, and gives the others around them', async () => {
    const tenant = parseTenant(`
workspaces:
  One: { id: aaaa, models: { Plan: { id: BBBB, lists: { A: { id: "101000000000" }, B: [] } } } }
  Two: { models: { Plan: {} } }
`);
    const { tenant: built } = await createSimulator({ tenant });
    expect(built.workspaces.map((each) => each.id)).toEqual(['aaaa', expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect([...built.model('BBBB').lists.values()].map((each) => each.id)).toEqual(['101000000000', '101000000001']);
  });

  it('may let several imports share a data source', async () => {
    const tenant = parseTenant(
      `${FIVE_LINES}      Again: { into: Sales, file: shared.csv }\n`.replace(
        '{ Load Sales: { into: Sales } }',
        '\n      Load Sales: { into: Sales, file: shared.csv }',
      ),
    );
    const { imports } = await createSimulator({ tenant });
    expect(new Set(imports.map((each) => each.importDataSourceId)).size).toBe(1);
  });

  it('takes the long names of roles', async () => {
    const tenant = parseTenant(
      `users:\n  - { email: a@x.test, password: 1, role: workspace admin }\n  - { email: b@x.test, password: 2, role: no access }\n${FIVE_LINES}`,
    );
    const simulator = await createSimulator({ tenant });
    const [admin, other] = [await Caller.signIn(simulator), await Caller.signIn(simulator, 'b@x.test', '2')];
    expect((await admin.model('GET', '/files')).status).toBe(200);
    expect((await other.model('GET', '/files')).status).toBe(404);
  });

  it('lists all its mistakes, each with its line', () => {
    const yaml = `users:
  - { email: a@x.test, role: boss }
  - { email: a@x.test, pasword: x }
settings: { taskSeconds: -1 }
quirks: { junkFile: true }
models:
  Plan:
    calendar: { start: January }
    modules:
      Sales: { by: [], items: { Units: number } }
`;
    expect(mistakesOf(yaml)).toEqual([
      expect.stringMatching(/^2 users\.0\.role: /),
      '3 users.1.pasword: "pasword" is not known here',
      expect.stringMatching(/^4 settings\.taskSeconds: /),
      '5 quirks.junkFile: "junkFile" is not known here',
      '8 models.Plan.calendar.start: must be a month such as 2026-01',
      expect.stringMatching(/^10 models\.Plan\.modules\.Sales\.by: /),
    ]);
  });

  it('lists all names that point nowhere, each with its line', () => {
    const yaml = `users:
  - { email: a@x.test, models: { Other: run } }
  - { email: A@x.test }
oauthClients: [{ id: x, user: nobody@x.test }]
models:
  Plan:
    lists:
      Products: { parent: Groups, items: [{ code: T }, {}] }
    modules:
      Sales:
        by: [Products, Shops, Time]
        items: { Units: numbr }
        cells:
          - { Products: Milk, Shops: x, Time: Jan 26, Unit: 1 }
          - { Products: T, Shops: x, Time: someday }
    imports:
      Load: { into: Sale }
      Fill: { into: Sales, columns: { A: Products, B: Colour } }
      Copy: { into: Sales, from: Nothing }
    exports: { Report: { from: Nothing } }
    actions: { Clear: { delete: Sales, where: {} } }
    processes: { All: [Load, Lode] }
`;
    expect(mistakesOf(yaml).map((each) => each.replace(/;.*/, ''))).toEqual([
      '2 users.0.models.Other: there is no model "Other"',
      '3 users.1.email: A@x.test is there twice',
      '4 oauthClients.0.user: there is no user nobody@x.test',
      '8 models.Plan.lists.Products.parent: there is no list "Groups"',
      '8 models.Plan.lists.Products.items.1: an item needs a name or a code',
      '11 models.Plan.modules.Sales.by.1: there is no dimension "Shops"',
      '12 models.Plan.modules.Sales.items.Units: there is no format or list "numbr"',
      '14 models.Plan.modules.Sales.cells.0.Products: Products has no member "Milk"',
      '14 models.Plan.modules.Sales.cells.0.Unit: there is no dimension or line item "Unit"',
      '15 models.Plan.modules.Sales.cells.1.Time: Time has no member "someday"',
      '17 models.Plan.imports.Load.into: there is no list or module "Sale"',
      '18 models.Plan.imports.Fill.columns.B: there is no target "Colour"',
      '19 models.Plan.imports.Copy.from: there is no list or module "Nothing"',
      '20 models.Plan.exports.Report.from: there is no list or module "Nothing"',
      '21 models.Plan.actions.Clear.delete: there is no list "Sales"',
      '22 models.Plan.processes.All.steps.1: there is no action "Lode"',
    ]);
  });

  it('that is not YAML says where', () => {
    expect(mistakesOf('models:\n  Plan: {}\n  Plan: {}\n')).toEqual(['3 : Map keys must be unique']);
  });

  it('tells mistakes of shape and names that point nowhere in one reading', () => {
    const yaml = [
      'models:',
      '  Plan:',
      '    state: SHUT',
      '    lists: { Products: {} }',
      '    imports:',
      '      Load Items: { into: Nowhere, columns: { Item: name } }',
    ].join('\n');
    const told = mistakesOf(yaml);
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/^3 models\.Plan\.state: /);
    expect(told[1]).toMatch(/^6 models\.Plan\.imports\.Load Items\.into: /);
  });

  it('names all mistakes in its message, a line each', () => {
    expect(() => parseTenant('colour: blue\nshape: round\n')).toThrow(
      'The tenant has 2 mistakes:\n  line 1, colour: "colour" is not known here\n  line 2, shape: "shape" is not known here',
    );
  });

  it('may be given as an object, with the same checks', async () => {
    const wrong = { models: { Plan: { exports: { Report: { from: 'Nothing' } } } } };
    await expect(createSimulator({ tenant: wrong })).rejects.toThrow(
      'models.Plan.exports.Report.from: there is no list or module',
    );
    expect((await createSimulator({ tenant: demoTenant })).imports).toHaveLength(4);
  });
});

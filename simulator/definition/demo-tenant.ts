import type { TenantDefinition } from './tenant-input.ts';

/** The tenant of the samples and of `startSimulator()` without options. */
export const demoTenant: TenantDefinition = {
  users: [
    {
      email: 'ada@example.com',
      password: 'correct horse battery staple',
      firstName: 'Ada',
      lastName: 'Byron',
      role: 'admin',
    },
    {
      email: 'grace@example.com',
      password: 'nautilus coffee anchor',
      firstName: 'Grace',
      lastName: 'Murray',
      role: 'run',
    },
  ],
  oauthClients: [{ id: 'demo-client', refreshToken: 'demo-refresh-token' }],
  workspaces: {
    Finance: {
      models: {
        'FY26 Plan': {
          calendar: { start: '2026-01', months: 12 },
          lists: {
            Products: {
              properties: { Family: 'text', 'Launch Date': 'date' },
              items: [
                { code: 'P100', name: 'Espresso Beans', properties: { Family: 'Coffee', 'Launch Date': '2021-03-01' } },
                { code: 'P110', name: 'House Blend', properties: { Family: 'Coffee', 'Launch Date': '2019-09-15' } },
                { code: 'P120', name: 'Decaf Blend', properties: { Family: 'Coffee', 'Launch Date': '2020-02-01' } },
                { code: 'P200', name: 'Green Tea', properties: { Family: 'Tea', 'Launch Date': '2018-05-01' } },
                { code: 'P210', name: 'Earl Grey', properties: { Family: 'Tea', 'Launch Date': '2018-05-01' } },
                { code: 'P300', name: 'Travel Mug', properties: { Family: 'Hardware', 'Launch Date': '2022-11-10' } },
                { code: 'P310', name: 'Hand Grinder', properties: { Family: 'Hardware', 'Launch Date': '2023-06-01' } },
                {
                  code: 'P900',
                  name: 'Chicory Mix',
                  properties: { Family: 'Discontinued', 'Launch Date': '2015-01-01' },
                },
              ],
            },
            Regions: {
              items: [
                { code: 'N', name: 'North' },
                { code: 'S', name: 'South' },
                { code: 'E', name: 'East' },
                { code: 'W', name: 'West' },
              ],
            },
          },
          modules: {
            Sales: {
              by: ['Products', 'Regions', 'Time'],
              items: { Units: 'number', Revenue: 'number', 'Ship Date': 'date' },
              cells: [
                {
                  Products: 'P100',
                  Regions: 'North',
                  Time: 'Jan 26',
                  Units: 120,
                  Revenue: 1788,
                  'Ship Date': '2026-01-28',
                },
                {
                  Products: 'P110',
                  Regions: 'North',
                  Time: 'Jan 26',
                  Units: 90,
                  Revenue: 1071,
                  'Ship Date': '2026-01-28',
                },
                {
                  Products: 'P200',
                  Regions: 'South',
                  Time: 'Jan 26',
                  Units: 45,
                  Revenue: 400.5,
                  'Ship Date': '2026-01-30',
                },
              ],
            },
            Forecast: {
              by: ['Products', 'Regions', 'Time'],
              items: { 'Forecast Units': 'number', 'Forecast Revenue': 'number' },
            },
          },
          imports: {
            'Load Products': {
              into: 'Products',
              file: 'products.csv',
              columns: { Product: 'name', Code: 'code', Family: 'Family', 'Launch Date': 'Launch Date' },
            },
            'Load Regions': { into: 'Regions', file: 'regions.csv', columns: { Region: 'name', Code: 'code' } },
            'Load Sales': {
              into: 'Sales',
              file: 'sales.csv',
              columns: {
                Product: 'Products',
                Region: 'Regions',
                Month: 'Time',
                Units: 'Units',
                Revenue: 'Revenue',
                'Ship Date': 'Ship Date',
              },
            },
            'Load Forecast': {
              into: 'Forecast',
              file: 'forecast.csv',
              columns: {
                Product: 'Products',
                Region: 'Regions',
                Month: 'Time',
                Units: 'Forecast Units',
                Revenue: 'Forecast Revenue',
              },
            },
          },
          exports: { 'Board Report': { from: 'Sales' } },
          actions: {
            'Delete Discontinued Products': {
              delete: 'Products',
              where: { Family: 'Discontinued' },
              filter: 'Discontinued products',
            },
          },
          processes: { Recalculate: ['Delete Discontinued Products', 'Board Report'] },
        },
      },
    },
  },
};

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { stackOf } from './synthesise.ts';

it('has one heading for each alarm of the stack, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const template = Template.fromStack(stackOf().stack);
  const names = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) =>
    String(Properties.AlarmName).replace(/^[^-]+-/, ''),
  );
  expect(names.length).toBeGreaterThan(0);
  expect(headings.toSorted()).toEqual(names.toSorted());
});

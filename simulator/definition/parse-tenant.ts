import type * as z from 'zod';
import { readObject, readYaml } from '../mistakes.ts';
import { checkTenant } from './check-tenant.ts';
import { type TenantPlan, tenantSchema } from './tenant-definition.ts';

/** A tenant as one writes it, in YAML or in a test: short forms allowed, everything has a default. */
export type TenantDefinition = z.input<typeof tenantSchema>;

/** Reads a tenant file. @throws SimulatorFileError listing every mistake with its line */
export function parseTenant(yamlText: string): TenantPlan {
  return readYaml('tenant', tenantSchema, yamlText, checkTenant);
}

/** Fills in a definition. @throws SimulatorFileError listing every mistake */
export function planTenant(definition: TenantDefinition): TenantPlan {
  return readObject('tenant', tenantSchema, definition, checkTenant);
}

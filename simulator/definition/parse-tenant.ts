import { readObject, readYaml } from '../mistakes.ts';
import { checkTenant } from './check-tenant.ts';
import { type TenantPlan, tenantSchema } from './tenant-definition.ts';
import type { TenantDefinition } from './tenant-input.ts';

/** Reads a tenant file. @throws SimulatorFileError listing every mistake with its line */
export function parseTenant(yamlText: string): TenantPlan {
  return readYaml('tenant', tenantSchema, yamlText, checkTenant);
}

/** Fills in a definition. @throws SimulatorFileError listing every mistake */
export function planTenant(definition: TenantDefinition): TenantPlan {
  return readObject('tenant', tenantSchema, definition, checkTenant);
}

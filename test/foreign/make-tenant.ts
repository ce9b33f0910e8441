import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoTenant, selfSignedCertificate, type TenantDefinition } from '../../simulator/index.ts';

/**
 * Writes the tenant of the foreign clients into a folder: the demo tenant with short tasks, and a certificate for its first
 * user, whose files lie beside it. JSON is YAML, so `plandrop simulate --tenant` reads it.
 */

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('usage: make-tenant.ts <folder>');

const DAY_MS = 86_400_000;
const now = Date.now();
const { certificate, privateKey } = selfSignedCertificate('Plandrop test', now - DAY_MS, now + DAY_MS);
const [first, ...others] = demoTenant.users ?? [];
if (first === undefined) throw new TypeError('the demo tenant has no users');

const tenant: TenantDefinition = {
  ...demoTenant,
  settings: { ...demoTenant.settings, taskSeconds: 0.5 },
  users: [{ ...first, certificate }, ...others],
};
writeFileSync(join(folder, 'tenant.json'), JSON.stringify(tenant));
writeFileSync(join(folder, 'certificate.pem'), certificate);
writeFileSync(join(folder, 'key.pem'), privateKey, { mode: 0o600 });
writeFileSync(join(folder, 'both.pem'), privateKey + certificate, { mode: 0o600 });

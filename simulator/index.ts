/** An Anaplan tenant to develop and test against. It shares no code with the client, so that one misreading cannot sit in both. */
export { type CertificatePair, selfSignedCertificate } from './certificate.ts';
export { runningClock, type SimulatorClock, type TurnableClock, turnableClock } from './clock.ts';
export { demoTenant } from './definition/demo-tenant.ts';
export { parseTenant } from './definition/parse-tenant.ts';
export type { QuirkSwitches } from './definition/quirks.ts';
export type { TenantDefinition } from './definition/tenant-input.ts';
export type { LoggedRequest } from './http/request-log.ts';
export { type Mistake, SimulatorFileError } from './mistakes.ts';
export { createSimulator, type Simulator, type SimulatorOptions, startSimulator } from './start-simulator.ts';
export { ConnectionCut } from './weather/answers.ts';
export { parseScenario, type Scenario } from './weather/scenario.ts';

/** What an in-memory adapter throws where a test told it to fail. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

/**
 * Asked before each operation of an in-memory adapter; answers with the fault to inject, or nothing. It may wait first: that is
 * where a simulation decides who goes on next.
 */
export type Faults<Operation, Fault extends string> = (
  operation: Operation,
) => Fault | undefined | Promise<Fault | undefined>;

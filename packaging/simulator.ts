/** What `plandrop/simulator` offers: an Anaplan tenant to develop and test against. */
// The declarations speak of Buffer, Request and Symbol.asyncDispose: whoever has no types of Node gets those of this package.
/// <reference types="node" preserve="true" />
export * from '../simulator/index.ts';

// The two modules of Node's that the tests use; Debian ships no @types/node with the rest.
declare module "node:test" {
  export function test(name: string, run: () => void | Promise<void>): void;
}
declare module "node:assert/strict" {
  interface Assert {
    ok(value: unknown, message?: string): asserts value;
    equal(found: unknown, expected: unknown): void;
    notEqual(found: unknown, expected: unknown): void;
    deepEqual(found: unknown, expected: unknown): void;
    throws(run: () => unknown, check: (error: unknown) => boolean): void;
  }
  const assert: Assert;
  export default assert;
}
declare module "node:crypto" {
  interface Hash {
    update(data: Uint8Array): Hash;
    digest(): Uint8Array;
  }
  export function createHash(name: string): Hash;
}

/** Values that generated code refers to by name: sets, compiled patterns, helper functions. */
export class Pool {
  readonly values: unknown[] = [];
  readonly #names = new Map<unknown, string>();

  /** The name under which generated code finds `value`. */
  constant(value: unknown): string {
    let name = this.#names.get(value);
    if (name === undefined) {
      name = `k${this.values.push(value) - 1}`;
      this.#names.set(value, name);
    }
    return name;
  }

  /** Declarations that bind the names to the elements of the array called `array`. */
  declarations(array: string): string {
    return this.values.map((_, i) => `const k${i} = ${array}[${i}];`).join('\n');
  }
}

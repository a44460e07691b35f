/** WebAssembly types that Ridgeline uses: TypeScript declares them only with the types of browsers. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
    static customSections(module: Module, name: string): readonly ArrayBuffer[];
  }

  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;

  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, object>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  class Memory {
    /** In pages of 64 KiB. */
    constructor(limits: { readonly initial: number; readonly maximum: number });
    /** Detached and replaced by `grow`. */
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}

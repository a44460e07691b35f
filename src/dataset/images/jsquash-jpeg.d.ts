/** The functions of `@jsquash/jpeg` that Ridgeline uses: its own types need those of browsers. */
declare module '@jsquash/jpeg/decode.js' {
  export function init(
    module: WebAssembly.Module,
    options: { readonly printErr: (text: string) => void },
  ): Promise<void>;

  /** Pixels as red, green, blue and alpha. Rejects with a value without a message; `printErr` has it. */
  export default function decode(bytes: Uint8Array): Promise<{
    readonly width: number;
    readonly height: number;
    readonly data: Uint8ClampedArray;
  }>;
}

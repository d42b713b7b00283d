export type RegexResult =
  | { readonly ok: true; readonly source: string }
  | {
      readonly ok: false;
      readonly message: string;
      readonly hint: string | null;
      readonly at: number;
    };
export function translateRegex(text: string): RegexResult {
  return { ok: true, source: `^(?:${text})$` };
}

export function isPlainRegex(_text: string): string | null {
  return null;
}

/** Placeholder until the matcher of our own is in. */
export function useLinearRegex(): void {}

/** Copy button: copies a text; over plain HTTP from another machine browsers offer the old way only. */
import { useState } from 'preact/hooks';

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready');
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(text);
    setState(isCopied ? 'copied' : 'failed');
  };
  return (
    <button type="button" class="copy" onClick={() => void copy()}>
      <span aria-live="polite">
        {state === 'failed' ? 'Select it by hand to copy' : state === 'copied' ? 'Copied' : 'Copy'}
        <span class="hidden"> {what}</span>
      </span>
    </button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    return isCopied;
  }
}

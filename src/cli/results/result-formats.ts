/** Result formats: their names, without the code that writes them. */

/** Formats of every command that prints results; `results` has the file formats as well. */
export const textFormats = ['table', 'tsv', 'csv', 'json', 'jsonl', 'markdown', 'latex'] as const;
/** Not shown in a terminal. */
export const fileFormats = ['parquet', 'optuna'] as const;
export const resultFormats = [...textFormats, ...fileFormats] as const;

/** Requests of the page: the shape of their bodies and queries. */
import { z } from 'zod';
import { parseTrialName } from '../../study/trial.ts';
import { downloadNames } from '../page-messages.ts';

export const signInRequest = z.object({ secret: z.string().max(1_000) });
export const changeRequest = z.object({ change: z.enum(['pause', 'resume', 'cancel']) });
export const linkRequest = z.object({ role: z.enum(['viewer', 'admin']) });

const wholeNumber = z.stringFormat('whole number', /^\d{1,9}$/).transform(Number);

/** A text, or null for an absent or empty one. */
const optionalText = z
  .string()
  .max(1_000)
  .optional()
  .transform((text) => (text === undefined || text.trim() === '' ? null : text.trim()));

export const rowsQuery = z.object({
  stage: optionalText,
  where: optionalText,
  sort: optionalText,
  offset: wholeNumber.default(0),
  limit: wholeNumber.refine((limit) => limit <= 200).default(50),
});

/** The most curves of one request. */
const curvesMax = 12;

const trialId = z.string().transform((name, context) => {
  const id = parseTrialName(name);
  if (id !== null) return id;
  context.addIssue('not the name of a trial');
  return z.NEVER;
});

/** The name of a file for download. */
export const fileName = z.enum(downloadNames);

export const trialQuery = z.object({ name: trialId });
export const curvesQuery = z.object({ trial: z.array(trialId).max(curvesMax) });

/** Requests of the page: the shape of their bodies and queries. */
import { z } from 'zod';

export const signInRequest = z.object({ secret: z.string().max(1_000) });
export const changeRequest = z.object({ change: z.enum(['pause', 'resume', 'cancel']) });
export const linkRequest = z.object({ role: z.enum(['viewer', 'admin']) });

const wholeNumber = z.stringFormat('whole number', /^\d{1,9}$/).transform(Number);

export const rowsQuery = z.object({
  stage: z.string().nullable().default(null),
  offset: wholeNumber.default(0),
  limit: wholeNumber.refine((limit) => limit <= 200).default(50),
});

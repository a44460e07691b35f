/** Edge words: how a warning begins that the optimum may be outside of the range. Results do not repeat it. */
export const edgeWords = { below: 'the optimum may be below', above: 'the optimum may be above' };

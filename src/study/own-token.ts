/** Id of the coordinator's own token, for the worker that it starts on its machine to settle disputes. */
export const ownTokenId = 'coordinator';

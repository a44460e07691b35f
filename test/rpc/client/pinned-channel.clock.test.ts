/** Certificates and the clock of the machine that connects. */
import { expect, test } from 'vitest';
import { checkClock } from '../../../src/rpc/client/pinned-channel.ts';
import { thrown } from '../support/state-directory.ts';

const certificate = {
  validFromDate: new Date('2026-01-10T00:00:00Z'),
  validToDate: new Date('2027-01-10T00:00:00Z'),
};
const check = (time: string) => () => checkClock(certificate, 'head:7070', Date.parse(time));

test('a certificate that is not yet valid is reported as a clock that is behind', async () => {
  const early = await thrown(check('2026-01-08T00:00:00Z'));
  expect(early).toMatchObject({
    code: 'CA_REFUSED',
    what: "The certificate of the coordinator at head:7070 is valid from 2026-01-10T00:00:00.000Z, but this machine's clock says 2026-01-08T00:00:00.000Z: it is behind.",
  });
  expect(early.fix).toContain("this machine's clock");
  expect((await thrown(check('2027-01-11T00:00:00Z'))).what).toContain('it is ahead, or the');
  expect(check('2026-06-01T00:00:00Z')).not.toThrow();
});

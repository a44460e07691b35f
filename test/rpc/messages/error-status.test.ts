/** gRPC statuses of errors, for clients that do not read Ridgeline's metadata. */
import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { callStatus, errorToStatus } from '../../../src/rpc/messages/error-status.ts';
import { list, record, share } from '../../../src/rpc/messages/wire-codec.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { authorize } from '../../../src/rpc/server/call-authorization.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

test('a malformed request is INVALID_ARGUMENT with the path of its field', () => {
  const request = record({ packs: list(record({ doneShare: share }), 0, 8) });
  const bad = thrownBy(() => request.read({ packs: [{ doneShare: 0.5 }, { doneShare: 7 }] }, ''));
  const { code, details } = callStatus(bad, 'client');
  expect(code).toBe(status.INVALID_ARGUMENT);
  expect(details).toContain('packs[1].done_share is 7');
  expect(details).toContain('so the request was refused');
});

test('a valid token with the wrong role is PERMISSION_DENIED, and a wrong secret UNAUTHENTICATED', () => {
  using directory = temporaryDirectory();
  const tokens = openTokens(directory.path);
  const { token, secret } = tokens.create('viewer', 0, null);
  const statusFor = (text: string) => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${text}`);
    return errorToStatus(thrownBy(() => authorize(metadata, tokens, 0, ['admin']))).code;
  };
  expect(statusFor(`${token.id}:${secret}`)).toBe(status.PERMISSION_DENIED);
  expect(statusFor(`${token.id}:${'A'.repeat(43)}`)).toBe(status.UNAUTHENTICATED);
});

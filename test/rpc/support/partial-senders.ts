/**
 * Partial senders: many sessions of one token, each with the first part of a message that is never ended.
 *
 *     node partial-senders.ts PORT AUTHORIZATION SESSIONS BYTES HELLO
 *
 * HELLO is the framed first message in base64. Prints `sent` when each session has sent its bytes or was
 * closed, and stays until its standard input ends.
 */
import { framed, RawPeer, sessionPath } from './raw-peer.ts';

const [port = '', authorization = '', sessions = '', bytes = '', hello = ''] =
  process.argv.slice(2);
const part = framed(Buffer.alloc(Number(bytes) - 100), 0, Number(bytes));
const first = Buffer.from(hello, 'base64');

async function send(): Promise<void> {
  const peer = new RawPeer(Number(port));
  const call = peer.open({ path: sessionPath, authorization });
  const closed = new Promise((resolve) => call.once('close', resolve));
  call.write(first);
  await Promise.race([new Promise((resolve) => call.once('data', resolve)), closed]);
  const sent = new Promise((resolve) => call.write(part, resolve));
  await Promise.race([sent, closed]);
}

const all = Array.from({ length: Number(sessions) }, () => send());
void Promise.all(all).then(() => process.stdout.write('sent\n'));
process.stdin.resume().once('end', () => process.exit(0));

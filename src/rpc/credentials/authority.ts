/**
 * The coordinator's own certificate authority: made at its first start, kept in the state directory.
 *
 * Nobody has to obtain certificates: a join string carries the hash of the CA's certificate (the
 * pin), and a worker trusts exactly the CA that has it. The server's certificate is for one fixed
 * name, so that addresses, NAT and renamed machines do not matter.
 *
 * Not here: client certificates. Workers show who they are by tokens (`tokens.ts`).
 */
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export interface Authority {
  /** PEM. */
  readonly caCertificate: string;
  /** SHA-256 of the CA certificate's DER, base64url: 43 characters. */
  readonly caPin: string;
  /** PEM. */
  readonly serverKey: string;
  /** PEM: the server's certificate, then the CA's, since a worker looks for the CA in what it is sent. */
  readonly serverChain: string;
}

/** The name in the server's certificate, whatever its address. */
export const serverName = 'ridgeline';

const dayMs = 86_400_000;
const caDays = 20 * 365;
const serverDays = 2 * 365;
/** A server certificate that ends sooner is replaced at the next start. */
const renewDays = 365;

/** @throws RidgelineError STATE_UNWRITABLE, or STATE_DAMAGED when the files there do not fit together */
export async function loadOrCreateAuthority(stateDir: string, nowMs: number): Promise<Authority> {
  const path = (name: string): string => join(stateDir, 'tls', name);
  let caKey = readPrivateFile(path('ca.key'));
  let caCertificate = readPrivateFile(path('ca.crt'));
  if (caKey === null && caCertificate === null) {
    ({ private: caKey, cert: caCertificate } = await createCa(nowMs));
    // The key first: a certificate without its key would be of no use to anybody.
    writePrivateFile(path('ca.key'), caKey);
    writePrivateFile(path('ca.crt'), caCertificate);
  }
  if (caKey === null || caCertificate === null) {
    // Made again, the CA would have another pin: every join string handed out would be refused.
    throw damaged(path(''), 'one of ca.key and ca.crt is missing');
  }
  try {
    const ca = new X509Certificate(caCertificate);
    let serverKey = readPrivateFile(path('server.key'));
    let serverCertificate = readPrivateFile(path('server.crt'));
    if (!isUsable(ca, serverCertificate, serverKey, nowMs) || serverKey === null) {
      ({ private: serverKey, cert: serverCertificate } = await createServer(
        { key: caKey, cert: caCertificate },
        nowMs,
      ));
      writePrivateFile(path('server.key'), serverKey);
      writePrivateFile(path('server.crt'), serverCertificate);
    }
    const serverChain = `${serverCertificate}\n${caCertificate}`;
    return { caCertificate, caPin: pinOf(ca.raw), serverKey, serverChain };
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    throw damaged(path(''), messageOf(error));
  }
}

/** The pin of a certificate in DER. */
export function pinOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

function damaged(directory: string, reason: string): RidgelineError {
  return new RidgelineError(
    'STATE_DAMAGED',
    `The certificates in ${directory} cannot be used: ${reason}.`,
    `Restore them from a backup, or delete ${directory}; then workers need new join strings.`,
  );
}

function isUsable(
  ca: X509Certificate,
  certificate: string | null,
  key: string | null,
  nowMs: number,
): boolean {
  if (certificate === null || key === null) return false;
  const server = new X509Certificate(certificate);
  const isOurs = server.checkIssued(ca) && server.verify(ca.publicKey);
  return isOurs && server.validToDate.getTime() - nowMs > renewDays * dayMs;
}

/** Valid from a day ago on, for nodes whose clocks are behind. */
function validity(nowMs: number, days: number) {
  return { notBeforeDate: new Date(nowMs - dayMs), notAfterDate: new Date(nowMs + days * dayMs) };
}

async function createCa(nowMs: number) {
  // Workers read pins here, and never make a certificate.
  const { generate } = await import('selfsigned');
  return await generate([{ name: 'commonName', value: 'Ridgeline CA' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...validity(nowMs, caDays),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

async function createServer(ca: { readonly key: string; readonly cert: string }, nowMs: number) {
  const { generate } = await import('selfsigned');
  return await generate([{ name: 'commonName', value: serverName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...validity(nowMs, serverDays),
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: serverName },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
}

/**
 * Certificate authority: the coordinator's own CA, created at the first start and kept in the keys
 * directory.
 *
 * No user has to obtain certificates. A join string contains the SHA-256 of the CA certificate (the pin),
 * and workers trust only the CA with that pin. The server's certificate is for one fixed name, so
 * addresses, NAT and renamed machines do not matter. Workers authenticate with tokens (`tokens.ts`).
 */
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { CertificateExtension, SelfsignedOptions } from 'selfsigned';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export interface Authority {
  /** The CA's certificate as PEM. */
  readonly caCertificate: string;
  /** SHA-256 of the CA certificate's DER, base64url: 43 characters. */
  readonly caPin: string;
  /** The server's private key as PEM. */
  readonly serverKey: string;
  /** PEM of the server's certificate and the CA's, in which workers look for the pin. */
  readonly serverChain: string;
}

/** The name in the server's certificate, for every address. */
export const serverName = 'ridgeline';

const dayMs = 86_400_000;
const caDays = 20 * 365;
const serverDays = 2 * 365;
/** At start, a server certificate with less time left is replaced. */
const renewDays = 365;

/** @throws RidgelineError STATE_UNWRITABLE; STATE_DAMAGED if the files do not belong together */
export async function loadOrCreateAuthority(keysDir: string, nowMs: number): Promise<Authority> {
  const path = (name: string): string => join(keysDir, 'tls', name);
  let caKey = readPrivateFile(path('ca.key'));
  let caCertificate = readPrivateFile(path('ca.crt'));
  if (caKey === null && caCertificate === null) {
    const created = await createCertificate('Ridgeline CA', nowMs, caDays, {
      extensions: caExtensions,
    });
    ({ private: caKey, cert: caCertificate } = created);
    // The key first: a certificate without its key is useless.
    writePrivateFile(path('ca.key'), caKey);
    writePrivateFile(path('ca.crt'), caCertificate);
  }
  if (caKey === null || caCertificate === null) {
    // A new CA would have another pin and invalidate all join strings.
    throw damaged(path(''), 'one of ca.key and ca.crt is missing');
  }
  try {
    const ca = new X509Certificate(caCertificate);
    let serverKey = readPrivateFile(path('server.key'));
    let serverCertificate = readPrivateFile(path('server.crt'));
    if (serverKey === null || !isUsable(ca, serverCertificate, nowMs)) {
      const created = await createCertificate(serverName, nowMs, serverDays, {
        ca: { key: caKey, cert: caCertificate },
        extensions: serverExtensions,
      });
      ({ private: serverKey, cert: serverCertificate } = created);
      writePrivateFile(path('server.key'), serverKey);
      writePrivateFile(path('server.crt'), serverCertificate);
    }
    const serverChain = `${serverCertificate}\n${caCertificate}`;
    return { caCertificate, caPin: certificatePin(ca.raw), serverKey, serverChain };
  } catch (error) {
    if (error instanceof RidgelineError) throw error;
    throw damaged(path(''), errorMessage(error));
  }
}

/** SHA-256 of a certificate in DER, base64url. */
export function certificatePin(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

function damaged(directory: string, reason: string): RidgelineError {
  return new RidgelineError(
    'STATE_DAMAGED',
    `The certificates in ${directory} cannot be used: ${reason}.`,
    `Restore them from a backup, or delete ${directory}. Without them workers need new join strings.`,
  );
}

function isUsable(ca: X509Certificate, certificate: string | null, nowMs: number): boolean {
  if (certificate === null) return false;
  const server = new X509Certificate(certificate);
  const isOurs = server.checkIssued(ca) && server.verify(ca.publicKey);
  return isOurs && server.validToDate.getTime() - nowMs > renewDays * dayMs;
}

const caExtensions: CertificateExtension[] = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
];
const serverExtensions: CertificateExtension[] = [
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
];

/** Valid from a day ago, for machines whose clocks are behind. */
async function createCertificate(
  commonName: string,
  nowMs: number,
  days: number,
  options: Pick<SelfsignedOptions, 'ca' | 'extensions'>,
) {
  // Imported here because workers never create certificates.
  const { generate } = await import('selfsigned');
  return await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + days * dayMs),
    ...options,
  });
}

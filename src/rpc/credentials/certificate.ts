/**
 * Certificate: creates X.509 certificates (RFC 5280) with new P-256 keys.
 *
 * Node reads certificates but does not write them. The libraries that do load 230 modules, which took a tenth
 * of a second of the first start. A certificate is a few nested DER values around a signature of `node:crypto`.
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

export interface CertificateOptions {
  readonly commonName: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Null: a certificate authority, which signs itself. */
  readonly issuer: { readonly key: string; readonly certificate: string } | null;
  /** Names and IPv4 addresses of a server. */
  readonly hosts?: readonly string[];
}

/** @returns the private key (PKCS 8) and the certificate, both as PEM */
export async function createCertificate({
  commonName,
  notBeforeMs,
  notAfterMs,
  issuer,
  hosts = [],
}: CertificateOptions): Promise<{ readonly key: string; readonly certificate: string }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const ca = issuer === null ? null : new X509Certificate(issuer.certificate);
  const signedBy = ca ?? { subject: `CN=${commonName}`, publicKey };
  const content = sequence(
    der(0xa0, integer(Buffer.of(2))), // Version 3.
    // Positive, and with the same number of bytes each time.
    integer(Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    ecdsaWithSha256,
    distinguishedName(/^CN=(.*)$/m.exec(signedBy.subject)?.[1] ?? ''),
    sequence(time(notBeforeMs), time(notAfterMs)),
    distinguishedName(commonName),
    spki(publicKey),
    der(
      0xa3,
      sequence(
        ...(ca === null ? authorityExtensions : serverExtensions(hosts)),
        extension('551d0e', false, octets(keyIdentifier(publicKey))),
        extension('551d23', false, sequence(der(0x80, keyIdentifier(signedBy.publicKey)))),
      ),
    ),
  );
  const signature = sign(
    'sha256',
    content,
    issuer === null ? privateKey : createPrivateKey(issuer.key),
  );
  const certificate = sequence(content, ecdsaWithSha256, bits(signature, 0));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(certificate).toString(),
  };
}

/** A value in DER: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengthBytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...lengthBytes), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes);
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
const bits = (bytes: Uint8Array, unused: number): Buffer => der(0x03, Buffer.of(unused), bytes);
/** @param hex the encoded numbers of an object identifier */
const identifier = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const yes = der(0x01, Buffer.of(0xff));

const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'));

function distinguishedName(commonName: string): Buffer {
  const text = der(0x0c, Buffer.from(commonName));
  return sequence(der(0x31, sequence(identifier('550403'), text)));
}

/** Years from 2050 on have four digits. */
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** SHA-1 of the public key, as RFC 5280 proposes; it identifies the key and protects nothing. */
function keyIdentifier(key: KeyObject): Buffer {
  const pointBytes = 65;
  return createHash('sha1').update(spki(key).subarray(-pointBytes)).digest();
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  return sequence(identifier(id), ...(isCritical ? [yes] : []), octets(value));
}

const authorityExtensions = [
  extension('551d13', true, sequence(yes)), // basicConstraints: a CA.
  extension('551d0f', true, bits(Buffer.of(0b0000_0110), 1)), // keyUsage: keyCertSign, cRLSign.
];

function serverExtensions(hosts: readonly string[]): Buffer[] {
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  return [
    extension('551d13', true, sequence()), // basicConstraints: no CA.
    extension('551d0f', true, bits(Buffer.of(0b1000_0000), 7)), // keyUsage: digitalSignature.
    extension('551d25', false, sequence(identifier('2b06010505070301'))), // extKeyUsage: serverAuth.
    extension('551d11', false, sequence(...names)), // subjectAltName.
  ];
}

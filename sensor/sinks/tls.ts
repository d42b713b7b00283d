import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** Paths of PEM files, and the name that the peer's certificate must bear; null: the system's authorities, no own certificate, the peer's host name. */
export interface TlsFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
}

/** Reads the files anew at each call, so that renewed certificates are taken up. @throws the file system's error */
export function tlsOptions({ ca, cert, key, serverName }: TlsFiles): ConnectionOptions {
  return {
    ...(ca === null ? {} : { ca: readFileSync(ca) }),
    ...(cert === null ? {} : { cert: readFileSync(cert) }),
    ...(key === null ? {} : { key: readFileSync(key) }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

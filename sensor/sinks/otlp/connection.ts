import { readFileSync } from 'node:fs';
import { checkServerIdentity } from 'node:tls';
import type { ChannelCredentials, Metadata } from '@grpc/grpc-js';
import { tlsOptions, type TlsFiles } from '../tls.js';

/** Where a collector is and how it is spoken to. */
export interface OtlpPeer {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: the system's authorities, where the endpoint is https. */
  readonly tls: TlsFiles | null;
}

/**
 * What the exporters over HTTP are given. PEM files are read here, once for each exporter.
 *
 * @param path - Added to the endpoint unless it is there: `/v1/logs`.
 */
export function httpConnection(
  { endpoint, headers, tls }: OtlpPeer,
  path: string,
): {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly httpAgentOptions: Readonly<Record<string, unknown>>;
} {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith(path)) url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return {
    url: url.href,
    headers: { ...headers },
    httpAgentOptions: {
      keepAlive: true,
      ...(tls === null ? {} : tlsOptions(tls)),
    },
  };
}

/** What the exporters over gRPC are given; loads gRPC. */
export async function grpcConnection({ endpoint, headers, tls }: OtlpPeer): Promise<{
  readonly url: string;
  readonly metadata: Metadata;
  readonly credentials: ChannelCredentials;
}> {
  const { credentials, Metadata } = await import('@grpc/grpc-js');
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  const read = (file: string | null | undefined) => (file == null ? null : readFileSync(file));
  const name = tls?.serverName;
  return {
    url: endpoint,
    metadata,
    credentials: endpoint.startsWith('https:')
      ? credentials.createSsl(
          read(tls?.ca),
          read(tls?.key),
          read(tls?.cert),
          // The exporters hand no channel options on, where the expected name would stand.
          name == null ? {} : { checkServerIdentity: (_, cert) => checkServerIdentity(name, cert) },
        )
      : credentials.createInsecure(),
  };
}

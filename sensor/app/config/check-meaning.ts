import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import { expandText, type Environment } from './expand.js';
import { parseGuard } from './guard.js';
import type { ConfigSource } from './source.js';

/** What a schema cannot say. */
export function checkMeaning(source: ConfigSource, environment: Environment): void {
  const root = source.document.contents;
  if (!isMap(root)) return;
  const sinks = source.resolve(root.get('sinks', true));
  const names = new Map<string, Node>();
  for (const item of isSeq(sinks) ? sinks.items : []) {
    const sink = source.resolve(item);
    if (!isMap(sink)) continue;
    const name = sink.get('name', true) as Node | undefined;
    const text = sink.get('name');
    if (name && typeof text === 'string') {
      if (names.has(text))
        source.problem(
          'duplicate',
          `two sinks are named "${text}"`,
          name,
          'names tell cursors apart',
        );
      names.set(text, name);
    }
    checkPeer(source, sink);
  }
  const metrics = source.resolve(root.get('metrics', true));
  const otlp = isMap(metrics) ? source.resolve(metrics.get('otlp', true)) : null;
  if (isMap(otlp)) checkPeer(source, otlp);
  const enforce = source.resolve(root.get('enforce', true));
  const guard = isMap(enforce) ? source.resolve(enforce.get('guard', true)) : null;
  for (const item of isSeq(guard) ? guard.items : []) {
    const node = source.resolve(item);
    const text: unknown = node?.toJS(source.document);
    if (typeof text === 'string' && !parseGuard(expandText(text, environment.env).text)) {
      source.problem(
        'value',
        `"${text}" is no address, prefix or address with a port`,
        node,
        '10.0.0.1, 10.0.0.0/8, 10.0.0.1:443 or [::1]:443',
      );
    }
  }
}

/** Encryption and addresses that contradict each other. */
function checkPeer(source: ConfigSource, peer: YAMLMap): void {
  const tls = source.resolve(peer.get('tls', true));
  if (isMap(tls) && tls.has('cert') !== tls.has('key')) {
    source.problem('missing-key', 'a client certificate needs both "cert" and "key"', tls);
  }
  const node = source.resolve(peer.get('endpoint', true));
  const endpoint = peer.get('endpoint');
  if (typeof endpoint !== 'string') return;
  if (isMap(tls) && endpoint.startsWith('http:')) {
    source.problem(
      'value',
      '"tls" is set, but the endpoint is http://, which is not encrypted',
      node,
      'write https://, or leave tls away',
    );
  }
  if (/^https?:\/\/[^/]*@/.test(endpoint)) {
    source.problem(
      'value',
      'an endpoint holds no user name or password',
      node,
      'use headers: { authorization: "file:/path" }',
    );
  }
}

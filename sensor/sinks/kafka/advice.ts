import { connectionAdvice } from '../advice.js';
import type { KafkaSinkOptions } from './options.js';

/** What to do about a failure of a Kafka sink; null: nothing special is known. */
export function kafkaAdvice(
  type: string | null,
  reason: string,
  { topic, tls, sasl }: KafkaSinkOptions,
): string | null {
  if (type === 'TOPIC_AUTHORIZATION_FAILED' || /not authorized to access topics/i.test(reason))
    return `allow ${sasl ? `user ${sasl.username}` : 'this client'} to Write and Describe topic ${topic} (kafka-acls.sh --add --producer)`;
  if (type === 'CLUSTER_AUTHORIZATION_FAILED')
    return 'the broker’s ACLs do not let this client in: allow it to Write and Describe the topic';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || /does not host this topic/i.test(reason))
    return `create topic ${topic}: saker makes none`;
  if (type === 'UNSUPPORTED_SASL_MECHANISM' || /mechanism is not supported/i.test(reason))
    return 'set sasl.mechanism to one the broker offers at this port';
  if (type === 'SASL_AUTHENTICATION_FAILED' || /SASL.*authentication failed/is.test(reason))
    return 'the broker does not know this user with this password: correct sasl.username and sasl.password';
  if (/closed connection|ECONNRESET|unanswered|socket hang up/i.test(reason)) {
    if (!tls) return 'if the broker expects TLS at this port, set tls: {}';
    if (!sasl) return 'if the broker expects a user name at this port, set sasl';
    return null;
  }
  return connectionAdvice(reason);
}

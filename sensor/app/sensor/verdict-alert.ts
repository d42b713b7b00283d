import type { CompiledEngine } from '../../engine/index.js';
import { alertOfVerdict, type NetVerdict } from '../../enforce/index.js';
import type { Identity, LiveEvent } from '../../identity/index.js';
import type { Rule } from '../../lang/index.js';
import type { NewAlert } from '../../spool/index.js';

/**
 * What enforcement decided, as an alert of the rule that decided.
 *
 * @param identity - Stands on the verdict's record.
 * @param engine - Renders the outputs of the rule's set.
 */
export function verdictAlert(
  verdict: NetVerdict,
  rule: Rule,
  engine: CompiledEngine<LiveEvent>,
  identity: Identity,
): NewAlert {
  const timeNs = identity.clock.toEpochNs(verdict.timeNs);
  const { event } = identity;
  const output = engine.matchOf(rule);
  const rendered = { message: output.message(event), fields: output.fields(event, timeNs) };
  return alertOfVerdict(verdict, rule, identity.lastSubject(), timeNs, rendered);
}

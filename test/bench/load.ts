import { parse as parseYaml } from 'yaml';
import type { Condition, Rule } from '../../sensor/lang/ir.js';
import { inferEvents } from '../../sensor/lang/passes/events.js';
import { conditionOf } from '../support/condition-text.js';
import { rule } from '../support/conditions.js';

export function loadRules(text: string): { rules: Rule[] } {
  const macros: Record<string, Condition> = {};
  const rules: Rule[] = [];
  for (const item of parseYaml(text) as Record<string, string>[]) {
    if (item['macro']) macros[item['macro']] = conditionOf(item['condition']!, macros);
    else if (item['rule']) {
      const condition = conditionOf(item['condition']!, macros);
      rules.push(rule(item['rule'], condition, { events: inferEvents(condition).events }));
    }
  }
  return { rules };
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { triggers } from '../e2e/triggers.js';
import { projectRoot } from '../support/place.js';

interface Item {
  readonly rule?: string;
  readonly macro?: string;
  readonly list?: string;
  readonly condition?: string;
  readonly output?: string;
  readonly items?: readonly unknown[];
  readonly tags?: readonly string[];
  readonly action?: string;
}

const files = globSync('rules/**/*.yaml', { cwd: projectRoot }).filter(
  (f) => !f.endsWith('.test.yaml'),
);
const items = files.flatMap((file) =>
  (parse(readFileSync(`${projectRoot}/${file}`, 'utf8')) as Item[]).map((item) => ({
    file,
    ...item,
  })),
);
const rules = items.filter((item) => item.rule !== undefined);

describe('the shipped rules', () => {
  it('have names of their own', () => {
    const names = items.map((i) => i.rule ?? i.macro ?? i.list);
    expect(names.filter((n, at) => names.indexOf(n) !== at)).toEqual([]);
  });

  it.each(rules.map((r) => [r.file, r] as const))(
    '%s holds one rule, is filed under its tactic, has events beside it',
    (file, rule) => {
      expect(rules.filter((r) => r.file === file)).toHaveLength(1);
      const [, folder] = file.split('/');
      expect(rule.tags).toContain(`mitre_${folder}`);
      expect(rule.tags?.some((tag) => /^maturity_(stable|incubating|sandbox)$/.test(tag))).toBe(
        true,
      );
      expect(rule.tags?.some((tag) => /^T\d{4}(\.\d{3})?$/.test(tag))).toBe(true);
      expect(existsSync(`${projectRoot}/${file.replace('.yaml', '.test.yaml')}`)).toBe(true);
    },
  );

  it('cover five tactics or more', () => {
    expect(new Set(rules.map((r) => r.file.split('/')[1])).size).toBeGreaterThanOrEqual(5);
  });

  it('are each triggered for real by the end-to-end tests', () => {
    const alerting = rules.filter((r) => r.action === undefined).map((r) => r.rule);
    expect(triggers.map((t) => t.rule).sort()).toEqual(alerting.sort());
  });

  it('use every macro and list of lib/', () => {
    const text = items.map((i) => `${i.condition ?? ''} ${(i.items ?? []).join(' ')}`).join('\n');
    const names = items
      .filter((i) => i.file.startsWith('rules/lib/'))
      .map((i) => i.macro ?? i.list ?? '');
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

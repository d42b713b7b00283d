import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPTURED_EVENTS } from '../../../../sensor/app/captured-events.js';
import { RuleManager, RulesError } from '../../../../sensor/app/daemon/rule-manager.js';
import { quietLogger, withDir } from '../../spool/support.js';

const rule = (name: string, condition = 'evt.type = openat and fd.name = /x') => `
- rule: ${name}
  desc: Of this test.
  condition: ${condition}
  output: "%fd.name"
  priority: NOTICE
`;

const source = (paths: readonly string[], matching: 'first' | 'all' = 'first') => ({
  paths,
  matching,
  load: { matching, captured: CAPTURED_EVENTS },
});

const names = ({ message }: ReturnType<RuleManager['load']>) =>
  message.rules.map(({ name }) => name);

describe('the rule manager', () => {
  it('gives each set a number of its own, and has one in force once it is told so', async () => {
    await withDir((dir) => {
      const file = join(dir, 'a.yaml');
      writeFileSync(file, rule('One'));
      const manager = new RuleManager(source([file]), quietLogger);
      expect([manager.current, manager.generation, manager.again()]).toEqual([null, 0, null]);
      const first = manager.load();
      expect([first.message.generation, manager.generation]).toEqual([1, 0]);
      first.commit();
      expect([manager.generation, manager.current?.ruleSet.rules.length]).toEqual([1, 1]);
      // One that came to nothing keeps its number: verdicts may have been made under it.
      manager.load();
      const third = manager.load();
      third.commit();
      expect(manager.generation).toBe(3);
    });
  });

  it('refuses a set with an error, all faults with their places, and keeps the one in force', async () => {
    await withDir((dir) => {
      const file = join(dir, 'a.yaml');
      writeFileSync(file, rule('One'));
      const manager = new RuleManager(source([file]), quietLogger);
      manager.load().commit();
      writeFileSync(file, rule('Two', 'fd.nmae = /x') + rule('Three', 'and'));
      let error: unknown;
      try {
        manager.load();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(RulesError);
      const { code, message, details, diagnostics } = error as RulesError;
      expect([code, diagnostics.length >= 2]).toEqual(['RULES_INVALID', true]);
      expect(message).toMatch(/^\d+ errors in the rule files$/);
      expect(details).toMatch(/a\.yaml:\d+:\d+: error: .*fd\.nmae/);
      expect(manager.current?.ruleSet.rules[0]?.name).toBe('One');
      expect(names(manager.again()!)).toEqual(['One']);
    });
  });

  it('takes up other files with the set that they are in force with, not before', async () => {
    await withDir((dir) => {
      const [a, b] = [join(dir, 'a.yaml'), join(dir, 'b.yaml')];
      writeFileSync(a, rule('One'));
      writeFileSync(b, rule('Two'));
      const manager = new RuleManager(source([a]), quietLogger);
      manager.load().commit();
      const other = manager.load(source([a, b], 'all'));
      expect([names(other), other.message.matching]).toEqual([['One', 'Two'], 'all']);
      expect(names(manager.load())).toEqual(['One']); // not in force: the old files
      other.commit();
      const again = manager.load();
      expect([names(again), again.message.matching]).toEqual([['One', 'Two'], 'all']);
    });
  });

  it('says which file it cannot read', async () => {
    await withDir((dir) => {
      const manager = new RuleManager(source([join(dir, 'none')]), quietLogger);
      expect(() => manager.load()).toThrow(/cannot read .*none/);
    });
  });
});

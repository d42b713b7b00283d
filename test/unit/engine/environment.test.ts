import { asksForEnvironment } from '../../../sensor/engine/index.js';
import { loadTexts } from '../../support/judge.js';

const asks = (condition: string, output = 'done', more = ''): boolean => {
  const text = `
- macro: tokens
  condition: proc.env contains TOKEN
- rule: R
  desc: d
  condition: ${condition}
  output: "${output}"
  priority: NOTICE
${more}`;
  const { diagnostics, ruleSet } = loadTexts(text);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return asksForEnvironment(ruleSet.rules);
};

describe('the environment', () => {
  it.each([
    ['evt.type = execve and proc.env contains x'],
    ['evt.type = execve and not proc.aenv[HOME] exists'],
    ['evt.type = execve and (proc.name = sh or tolower(evt.arg.env) contains x)'],
    ['evt.type = execve and tokens'],
    ['evt.type = execve and proc.name = val(proc.env[SHELL])'],
  ])('is asked for by %s', (condition) => {
    expect(asks(condition)).toBe(true);
  });

  it('is asked for by an output', () => {
    expect(asks('evt.type = execve', 'path %proc.env[PATH]')).toBe(true);
    expect(asks('evt.type = execve', 'path %toupper(proc.env)')).toBe(true);
  });

  it('is not asked for by other rules, nor by one that is off', () => {
    expect(asks('evt.type = execve and proc.cmdline contains proc.env', '%evt.args')).toBe(false);
    expect(asks('evt.type = execve and proc.env exists', 'x', '  enabled: false\n')).toBe(false);
  });
});

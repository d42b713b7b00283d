import { SakerError } from '../../core/index.js';
import { renderProblem, type ConfigProblem } from './problem.js';

/** Every problem of a configuration; `details` holds them ready to show. */
export class ConfigError extends SakerError {
  override readonly name = 'ConfigError';
  readonly details: string;

  constructor(problems: readonly ConfigProblem[]) {
    super('CONFIG_INVALID', 'the configuration has problems', {
      hint: problems.every(({ code }) => code === 'file')
        ? 'name another one with -c; deploy/saker.yaml is a sample'
        : '`saker config schema` prints what it may hold',
    });
    this.details = problems.map(renderProblem).join('\n');
  }
}

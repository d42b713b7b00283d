import type { Command } from 'commander';
import { EXIT, SakerError } from '../../core/index.js';
import {
  compileOutput,
  PLAIN_FIELDS,
  plainEvent,
  type Output,
  type PlainEvent,
} from '../../engine/index.js';
import {
  CONTAINER_INFO,
  parseOutput,
  type OutputFinding,
  type OutputToken,
  type ParsedOutput,
} from '../../lang/index.js';
import { outputOption, printable, printJson } from '../output.js';
import {
  answerRequests,
  otherError,
  type Answer,
  type ConditionError,
  type ConditionRequest,
} from './condition-lines.js';
import { EVENT_HINT, eventValues, readEvent } from './event-file.js';

/** Adds `saker rules format [OUTPUT]`. */
export function addFormat(rules: Command): void {
  rules
    .command('format [output]')
    .description('what an output becomes for an event; without one, for JSON lines on standard input')
    .option('--event <file>', 'fields and values, in YAML or JSON; - for standard input')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker rules format 'Edited (file=%fd.name by=%proc.name)' --event event.yaml
  echo '{"output": "%toupper(proc.name)", "event": {"proc.name": "vi"}}' | saker rules format

Each line {"output": TEXT, "event": {FIELD: VALUE}} is answered by {"message": TEXT, "output_fields": {…}}, as the alert
would hold them, or {"error": {code, message, hint, line, column, start, end}}. Times are those of evt.rawtime, if it is given.
Exit status 1 when OUTPUT or its event is faulty; lines each have their own answer.`,
    )
    .action(
      async (output: string | undefined, options: { output: string; event?: string }): Promise<void> => {
        const common = options.event === undefined ? {} : readEvent(options.event);
        if (output === undefined) {
          if (options.event === '-') {
            throw new SakerError('USAGE', 'standard input cannot be both the event and the lines');
          }
          return answerRequests(
            (request) => formatAnswer({ ...request, event: request.event ?? common }),
            'output',
          );
        }
        const given = formatAnswer({ condition: output, event: common });
        if ('error' in given) process.exitCode = EXIT.findings;
        if (options.output === 'json') printJson(given);
        else if ('message' in given) process.stdout.write(`${printable(String(given['message']))}\n`);
        else process.stderr.write(`saker: ${faultText((given as { error: ConditionError }).error)}\n`);
      },
    );
}

function faultText({ message, hint, column, field }: ConditionError): string {
  const place = field === undefined && column !== null ? `the output, column ${column}: ` : '';
  return `${place}${message}${hint === null ? '' : ` (${hint})`}`;
}

/** Answers `{output, event}` by `{message, output_fields}` or `{error}`. */
export function formatAnswer({ condition: text, event: given }: ConditionRequest): Answer {
  const { tokens, findings } = parseAsLoaded(text);
  const fault = findings.find(({ severity }) => severity !== 'warning' && severity !== 'hint');
  if (fault !== undefined) {
    const before = text.slice(0, fault.span.start).split('\n');
    const { code, message, hint = null, span } = fault;
    const column = before.at(-1)!.length + 1;
    return { error: { code, message, hint, line: before.length, column, ...span } };
  }
  const read = eventValues(given);
  if (!read.ok) return { error: otherError('bad-event', read.reason, EVENT_HINT) };
  const { event, problems } = plainEvent(read.values);
  const [problem] = problems;
  if (problem !== undefined) {
    const { field, reason } = problem;
    return { error: otherError('bad-value', `${field}: ${reason}`, { field }) };
  }
  const output = compileOutput(tokens, PLAIN_FIELDS);
  return { message: output.message(event), output_fields: membersOf(output, event) };
}

/** As the loader reads it: blanks at both ends are cut off, `%container.info` is left out. Spans are those of `text`. */
function parseAsLoaded(text: string): ParsedOutput {
  let from = text.length - text.trimStart().length;
  const tokens: OutputToken[] = [];
  const findings: OutputFinding[] = [];
  for (const [i, part] of text.trim().split(CONTAINER_INFO).entries()) {
    // Only the first character of an output is dropped where it is an asterisk.
    if (i > 0 && part.startsWith('*')) tokens.push({ kind: 'text', text: '*' });
    const parsed = parseOutput(part);
    tokens.push(...parsed.tokens);
    for (const finding of parsed.findings) {
      const { start, end } = finding.span;
      findings.push({ ...finding, span: { start: from + start, end: from + end } });
    }
    from += part.length + CONTAINER_INFO.length;
  }
  return { tokens, findings };
}

/** The members of `output_fields`, integers in full. */
function membersOf(output: Output<PlainEvent>, event: PlainEvent): Readonly<Record<string, unknown>> {
  const time = event.get('evt.rawtime');
  const members = output.fields(event, typeof time === 'bigint' ? time : null);
  return Object.fromEntries(members.map(([key, json]) => [key, exact(json)]));
}

function exact(json: string): unknown {
  // JSON.rawJSON (V8 11.4) writes a number as it is, however long; TypeScript's library does not know it yet.
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  return /^-?\d{16,}$/.test(json) ? rawJSON(json) : JSON.parse(json);
}

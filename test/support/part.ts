import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { partsCache as cache } from './get-part.js';
import { program, type Part } from './needs.js';

/** A real broker; had already, or to be had with what is here. */
export const kafkaPart: Part = partOf('Kafka', 'kafka-4.4.0', ['java', 'mvn']);

/** A real collector. */
export const collectorPart: Part = partOf('OpenTelemetry collector', 'otelcol-0.161.0', ['go']);

/** promtool and Prometheus. */
export const prometheusPart: Part = partOf('Prometheus', 'prometheus-debian', ['apt-get']);

function partOf(name: string, folder: string, tools: readonly string[]): Part {
  // What a cached part still needs.
  const run = tools.filter((tool) => tool === 'java');
  return {
    name: `${name} (${tools.join(', ')})`,
    there: () => {
      const cached = existsSync(join(cache, folder));
      return (cached ? run : tools).every((tool) => program(tool).there());
    },
  };
}

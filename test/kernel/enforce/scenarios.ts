// What enforcement must do, played with real packets: `scenarios.ts NAME…`, in a network namespace of its own (unshare -n),
// prints what happened as JSON. enforce.test.ts says what should have.
import { tell } from '../../support/play.js';
import { makeRig } from '../../support/rig.js';
import { BLOCKED, FREE, type Scenario } from './common.js';
import * as flows from './flows.js';
import * as lifetime from './lifetime.js';
import * as subjects from './subjects.js';

const { sensorChild, ...ofLifetime } = lifetime;
const scenarios: Readonly<Record<string, Scenario>> = { ...flows, ...ofLifetime, ...subjects };

const names = process.argv.slice(2);
if (names[0] === '--sensor') {
  sensorChild(names[1]!, names[2]!, names[3] === 'keep' ? 'keep' : 'release');
} else {
  const chosen = names.map((name) => {
    const scenario = scenarios[name];
    if (!scenario) throw new Error(`no scenario ${name}: ${Object.keys(scenarios).join(' ')}`);
    return scenario;
  });
  for (const scenario of chosen) {
    const rig = await makeRig([BLOCKED, FREE]);
    let result: unknown;
    try {
      result = await scenario(rig);
    } finally {
      await rig.close();
    }
    await tell(result);
  }
  process.exit(0);
}

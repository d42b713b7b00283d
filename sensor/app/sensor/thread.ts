import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '../../core/index.js';
import { errorBody } from '../control/index.js';
import type { FromSensor, ToSensor } from '../messages.js';
import { Sensor, type SensorOptions } from './sensor.js';

/**
 * Entry of the sensor thread. It awaits nothing between an event and its alert on disk; the delivery thread owns everything
 * that talks to the outside.
 */
const port = parentPort;
if (!port) throw new Error('bug: the sensor thread was started as a program');
const post = (message: FromSensor): void => {
  port.postMessage(message);
};

const options = workerData as SensorOptions;
const logger = createLogger(options.log);

try {
  const sensor = new Sensor(options, logger, post);
  port.on('message', (message: ToSensor) => {
    try {
      switch (message.kind) {
        case 'rules':
          sensor.setRules(message);
          break;
        case 'status':
          post({ kind: 'status', id: message.id, status: sensor.status() });
          break;
        case 'settings':
          logger.configure(message.settings.log);
          sensor.setSpoolCap(message.settings.spoolMaxBytes);
          break;
        case 'events':
          sensor.watchEvents(message.watcher, message.filter);
          break;
        case 'capture-start':
          sensor.startCapture(message);
          break;
        case 'capture-stop':
          sensor.stopCapture(message.id);
          break;
        case 'stop':
          sensor.close();
          post({ kind: 'stopped' });
          port.close();
          break;
      }
    } catch (error) {
      post({ kind: 'failed', error: errorBody(error) });
    }
  });
  sensor.start();
} catch (error) {
  post({ kind: 'failed', error: errorBody(error) });
  port.close();
}

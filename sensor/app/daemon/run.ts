import { Daemon } from './daemon.js';
import type { ReadSettings } from './settings.js';

/**
 * Runs the sensor until SIGTERM, SIGINT or a fault. SIGHUP reads configuration and rules again, SIGUSR1 opens output files anew.
 *
 * @returns whether it was told to end (true) or ended of a fault.
 * @throws SakerError when it could not start.
 */
export async function runUntilSignal(read: ReadSettings): Promise<boolean> {
  const daemon = new Daemon(read);
  let told = false;
  const end = (): void => {
    told = true;
    void daemon.close();
  };
  const reload = (): void => {
    daemon.reload().catch((error: unknown) => {
      const { message, details } = error as Error & { details?: string };
      daemon.logger.error(`reload refused, all stays as it was: ${message}`, { details });
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', reload);
  process.on('SIGUSR1', () => {
    daemon.reopen();
  });
  // A reader of stdout that goes (`| head`) must not end the sensor: the sink keeps its cursor and says so.
  process.on('SIGPIPE', () => undefined);
  try {
    await daemon.start();
  } catch (error) {
    if (told) return true;
    throw error;
  }
  const fault = await daemon.ended;
  await daemon.close();
  return told || fault === undefined;
}

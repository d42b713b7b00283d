export {
  type CaptureHeader,
  type CapturedRules,
  type CaptureLoss,
  type MachineFacts,
  type MachineNames,
} from './header.js';
export { LearntRecords } from './learnt.js';
export { type CaptureItem, readCapture } from './reader.js';
export { CaptureRecorder } from './recorder.js';
export { CaptureTap, type TapStats } from './tap.js';
export { type CaptureOptions, CaptureWriter, MIN_CAPTURE_BYTES } from './writer.js';

export { type CaptureHeader, type CaptureLoss, type MachineFacts } from './header.js';
export { type CaptureItem, readCapture } from './reader.js';
export { CaptureRecorder, type RecorderStats } from './recorder.js';
export { type CaptureOptions, CaptureWriter, MIN_CAPTURE_BYTES } from './writer.js';

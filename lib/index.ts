/** The public API: by hand, where a preload is not wanted. No effects on load. */
export type { StartOptions } from './config'
export { measure } from './measure'
export { profiler, type ProfilerOptions } from './profiler'
export { type Snapshot, snapshot, type SnapshotOptions } from './snapshot'
export { type Memprof, start } from './start'
export type {
  LeakLine,
  Line,
  MeasureLine,
  ProcessLine,
  RequestLine,
  RouteLine,
  RouteVerdict,
  StartLine,
  StopLine,
  WarningLine,
} from './schema'

/** The public API: by hand, where a preload is not wanted. No effects on load. */
export type { StartOptions } from './config/settings'
export { measure } from './api/measure'
export { profiler, type ProfilerOptions } from './api/profiler'
export { unit } from './api/unit'
export { type Snapshot, snapshot, type SnapshotOptions } from './api/snapshot'
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
  UnitKind,
  WarningLine,
} from './schema/lines'

/** Puts the lines of a recording together, in their order: start, requests, routes, process, stop. */
import type { Config } from '../config/settings'
import { PACKAGE_VERSION } from '../config/package-version'
import { countOf, formatSeconds } from '../emit/amounts'
import { requestChannel } from '../emit/channels'
import { connectReport } from '../emit/connect-report'
import type { Emitter } from '../emit/emitter'
import { readingAt, requestLine, requestMsg, routeLine, routeMsg } from '../emit/lines'
import { say } from '../emit/say'
import type { HookReport } from '../hooks/modules'
import type { Recorder } from '../record/recorder'
import type { Listening, ProcessLine, RequestLine, RouteVerdict } from '../schema/lines'
import type { LeakReport } from './leak-report'
import { processMsg } from './process-meter'

export interface WriterOptions {
  readonly config: Config
  readonly emitter: Emitter
  /** As a person is told of it. */
  readonly destination: string
  readonly recorder: Recorder
  readonly report: LeakReport
  readonly warn: (code: string, message: string) => void
}

/** At the end. */
export interface Ending {
  readonly reason: string
  readonly uptimeSeconds: number
  readonly self: ProcessLine['self']
}

export class RecordingWriter {
  readonly #options: WriterOptions
  #lostWritten = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  writeStart(listen: Listening | undefined, { hooked, notHooked }: HookReport): void {
    const { config, emitter } = this.#options
    const names = hooked.map(({ name, version }) => `${name} ${version}`).join(', ')
    const others = notHooked.map(({ name, why }) => `${name} (${why})`).join(', ')
    emitter.write(
      {
        event: 'start',
        ...(listen ? { listen } : {}),
        versions: { memprof: PACKAGE_VERSION, node: process.versions.node },
        config: { ...config },
        hooked,
        notHooked,
      },
      `memprof ${PACKAGE_VERSION} records; hooked: ${names || 'http only'}${others && `; not hooked: ${others}`}`,
    )
  }

  /** The requests that ended since the last time. */
  writeRequests(): void {
    const { config, emitter, recorder } = this.#options
    const json = config.format === 'json'
    const wanted = emitter.isOn('request') && json
    recorder.drain((at) => {
      if (!wanted && json && !requestChannel.hasSubscribers) return
      const line = this.#requestLine(at)
      if (wanted) emitter.write(line, requestMsg(line))
      if (requestChannel.hasSubscribers) requestChannel.publish(line)
    })
  }

  /** The one line of `MEMPROF_FORMAT=connect`: a report as soon as the request has ended. */
  writeReport(at: number): void {
    const { ring } = this.#options.recorder
    this.#options.emitter.writeText(
      connectReport(
        ring.method?.[at] ?? '',
        ring.path?.[at] ?? '',
        ring.endMs[at]! - ring.startMs[at]!,
        readingAt(ring, at, 'Before'),
        readingAt(ring, at, 'After'),
      ),
    )
  }

  writeRoutes(): void {
    const { config, emitter, recorder, report, warn } = this.#options
    for (const stats of new Set(recorder.stats)) {
      if (stats.hadRequests) {
        const line = routeLine(stats, report.retentionOf(stats.route.id))
        emitter.write(line, routeMsg(line))
      }
      stats.nextInterval()
    }
    if (recorder.routes.overflowed > 0) {
      warn(
        'routes-full',
        `more than ${config.maxRoutes} routes: the rest share (other); MEMPROF_MAX_ROUTES raises the limit`,
      )
    }
  }

  writeProcess(line: ProcessLine): void {
    this.#options.emitter.write(line, processMsg(line))
  }

  /** Lines that could not be written, once others can be again. */
  writeLost(): void {
    const { emitter } = this.#options
    const lost = emitter.lost - this.#lostWritten
    if (lost <= 0) return
    this.#lostWritten += lost
    emitter.write(
      { event: 'warning', code: 'lines-lost' },
      `${countOf(lost, 'line')} could not be written: the destination was too slow, or failed`,
    )
  }

  writeStop({ reason, uptimeSeconds, self }: Ending): void {
    const { emitter, recorder } = this.#options
    const { requests, inFlight, ring } = recorder
    const { dropped } = ring
    emitter.write(
      {
        event: 'stop',
        reason,
        uptimeSeconds,
        requests,
        inFlight,
        dropped,
        self,
        verdicts: this.verdicts(),
      },
      `stopped (${reason}) after ${formatSeconds(uptimeSeconds)}, ${countOf(requests, 'request')}`,
    )
  }

  close(): void {
    const { config, emitter, destination } = this.#options
    // To a destination that takes nothing more, this would be one more line to wait for.
    if (emitter.flushSync() && config.format === 'json') this.writeLost()
    const lost = emitter.close() - this.#lostWritten
    if (lost > 0) {
      say(`memprof: ${countOf(lost, 'line')} could not be written to ${destination}`)
    }
  }

  /** The finished requests still in the ring, oldest first. */
  records(): RequestLine[] {
    const lines: RequestLine[] = []
    this.#options.recorder.ring.forEachRead((at) => {
      lines.push(this.#requestLine(at))
    })
    return lines
  }

  verdicts(): RouteVerdict[] {
    const { recorder, report } = this.#options
    return report.verdictsOf(recorder.stats)
  }

  #requestLine(at: number): RequestLine {
    const { ring, routes } = this.#options.recorder
    return requestLine(ring, at, routes.routes[ring.routeId[at]!]!)
  }
}

/** The public channels of node:diagnostics_channel; each carries the objects of that event's lines. */
import { type Channel, channel } from 'node:diagnostics_channel'

export const requestChannel: Channel = channel('memprof:request')
export const leakChannel: Channel = channel('memprof:leak')

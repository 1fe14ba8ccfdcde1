/**
 * A row of the table of fields: the kind of a field's value, its unit, its origin, its meaning, and
 * OpenTelemetry's name for the same. lib/schema/fields has the rows of each event.
 *
 * Three things are made from a row: the documentation (docs/schema.md and docs/schema.json, by
 * `npm run schema`), the check of every line that a test reads, and the decoder with which the commands
 * read a log (lib/cli/log/decode.ts). The profiled process loads none of it.
 *
 * The compiler keeps the rows equal to the types of lib/schema/lines.ts: a field that is missing, too
 * many, of another type or wrongly said to be always there does not build.
 */
import type { Origin } from './origins'

export type Unit =
  | 'bytes'
  | 'bytes per request'
  | 'bytes per second'
  | 'bytes per entry'
  | 'ms'
  | 's'
  | '0 to 1'
  | 'ms since 1970-01-01'

/** Characters of a name (route, function, file, service) that a reader takes; it cuts the rest. */
const MAX_NAME_CHARS = 512
/** The same of a sentence. */
const MAX_SENTENCE_CHARS = 2048
/** Entries of a list that a reader takes: sites, holders, callers, hooked packages, settings. */
const MAX_ENTRIES = 64

interface Said {
  readonly says: string
  readonly from: Origin
  /** OpenTelemetry's semantic conventions 1.36; the unit there may be another. */
  readonly otel?: string
  readonly unit?: Unit
}

export interface NumberField extends Said {
  readonly kind: 'number'
  readonly whole: boolean
  /** May be negative. */
  readonly signed: boolean
}
export interface TextField extends Said {
  readonly kind: 'text'
  readonly maxChars: number
}
export interface FlagField extends Said {
  readonly kind: 'flag'
}
export interface ChoiceField<V> extends Said {
  readonly kind: 'choice'
  readonly values: readonly V[]
}
/** Low and high end. */
export interface IntervalField extends Said {
  readonly kind: 'interval'
}
export interface GroupField<Table> extends Said {
  readonly kind: 'group'
  readonly fields: Table
}
/** Of objects. */
export interface ListField<Table> extends Said {
  readonly kind: 'list'
  readonly of: Table
  readonly maxEntries: number
}
export interface TextsField extends Said {
  readonly kind: 'texts'
  readonly maxChars: number
  readonly maxEntries: number
}
/** An object whose keys are not fixed. */
export interface OpenField extends Said {
  readonly kind: 'open'
  readonly maxChars: number
  readonly maxEntries: number
}

/** Marks a field that is left out where it is not known. */
export interface Optional {
  readonly optional: true
}

interface Always {
  readonly optional?: never
}

/** Any row, for code that goes through a table. */
export type Row = { readonly optional?: true | undefined } & (
  | NumberField
  | TextField
  | FlagField
  | ChoiceField<string | number>
  | IntervalField
  | GroupField<Rows>
  | ListField<Rows>
  | TextsField
  | OpenField
)
export type Rows = { readonly [name: string]: Row }

/** A row per field of T, of the kind of its type; optional ones, and no others, said to be so. */
export type FieldTable<T> = {
  readonly [K in keyof Required<T>]: FieldFor<Required<T>[K]> &
    (object extends Pick<T, K> ? Optional : Always)
}

type FieldFor<V> = [V] extends [boolean]
  ? FlagField
  : [V] extends [number]
    ? number extends V
      ? NumberField
      : ChoiceField<V>
    : [V] extends [string]
      ? string extends V
        ? TextField
        : ChoiceField<V>
      : [V] extends [readonly [number, number]]
        ? IntervalField
        : [V] extends [readonly string[]]
          ? TextsField
          : [V] extends [ReadonlyArray<infer E>]
            ? ListField<FieldTable<E>>
            : string extends keyof V
              ? OpenField
              : GroupField<FieldTable<OneOf<V>>>

/** A union of objects as one, where what not all of them have may be missing. */
type OneOf<V> = Pick<V, keyof V> & {
  [K in Exclude<V extends unknown ? keyof V : never, keyof V>]?: V extends Record<K, infer F>
    ? F
    : never
}

export function maybe<F extends Said>(field: F): F & Optional {
  return { ...field, optional: true }
}

export function otel<F extends Said>(name: string, field: F): F {
  return { ...field, otel: name }
}

/** A name. */
export function text(from: Origin, says: string): TextField {
  return { kind: 'text', maxChars: MAX_NAME_CHARS, from, says }
}

export function sentence(from: Origin, says: string): TextField {
  return { kind: 'text', maxChars: MAX_SENTENCE_CHARS, from, says }
}

export function flag(from: Origin, says: string): FlagField {
  return { kind: 'flag', from, says }
}

export function choice<const V extends string | number>(
  from: Origin,
  values: readonly V[],
  says: string,
): ChoiceField<V> {
  return { kind: 'choice', values, from, says }
}

export function count(from: Origin, says: string): NumberField {
  return { kind: 'number', whole: true, signed: false, from, says }
}

export function seconds(from: Origin, says: string): NumberField {
  return { ...count(from, says), unit: 's' }
}

export function bytes(from: Origin, says: string, unit: Unit = 'bytes'): NumberField {
  return { ...count(from, says), unit }
}

/** With a fraction. */
export function amount(from: Origin, unit: Unit, says: string): NumberField {
  return { kind: 'number', whole: false, signed: false, from, unit, says }
}

/** With a fraction, of something that has no unit. */
export function rate(from: Origin, says: string): NumberField {
  return { kind: 'number', whole: false, signed: false, from, says }
}

export function signed(field: NumberField): NumberField {
  return { ...field, signed: true }
}

export function interval(from: Origin, unit: Unit, says: string): IntervalField {
  return { kind: 'interval', from, unit, says }
}

export function group<Table>(from: Origin, says: string, fields: Table): GroupField<Table> {
  return { kind: 'group', from, says, fields }
}

export function list<Table>(
  from: Origin,
  says: string,
  of: Table,
  maxEntries: number = MAX_ENTRIES,
): ListField<Table> {
  return { kind: 'list', from, says, of, maxEntries }
}

export function texts(from: Origin, says: string): TextsField {
  return { kind: 'texts', maxChars: MAX_NAME_CHARS, maxEntries: MAX_ENTRIES, from, says }
}

export function open(from: Origin, says: string): OpenField {
  return { kind: 'open', maxChars: MAX_NAME_CHARS, maxEntries: MAX_ENTRIES, from, says }
}

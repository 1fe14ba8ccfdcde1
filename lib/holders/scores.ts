/**
 * The numbers by which containers are ranked as holders of a leak: value, meaning, how it was chosen.
 *
 * "Derived" names what the value follows from. All others are tuned: found by trying, until the first
 * holder named was the right one in the corpus's apps (`npm run bench:leaks`). docs/holders.md.
 *
 * Data, so that holders can be ranked with other values: `rankHolders` takes such a table.
 */
export const SCORES = {
  /** Holders told, at most. */
  maxHolders: 3,
  /** Score from which a holder is told. */
  minScore: 0.45,
  /** Share of the best score from which another is told beside the best. */
  minShareOfBest: 0.5,
  /** Share of the best score from which another is as likely as the best. */
  equalShare: 0.9,

  /** Entries by which a holder has grown, at least. */
  minGrownEntries: 10,
  /** Growth between two looks over the mean growth, at least: what grew once was filled. */
  minIntervalShare: 0.4,
  /** Requests between two looks below which the growth between them says nothing. */
  minRequests: 8,
  /**
   * In step: so many entries off, or this share of the requests. Derived: of those in flight at a look,
   * some have added their entry and some have not.
   */
  stepEntries: 3,
  stepShare: 0.04,
  /** Entries per request, at most, that count as in step: five listeners, three indices. */
  maxEntriesPerRequest: 16,

  /** Score of a container in step with the requests, an entry for each. Derived: the unit. */
  byOne: 1,
  /** Score of one in step with the requests, a whole number of entries for each. */
  bySeveral: 0.8,
  /** Score of one not in step, by the entries per request from which it is given. */
  byMost: 0.5,
  mostEntriesPerRequest: 0.5,
  bySome: 0.35,
  someEntriesPerRequest: 0.1,
  byFew: 0.15,
  fewEntriesPerRequest: 0.02,

  /** Factor where the leaking code names the variable. */
  namedFactor: 1.5,
  /** Factor where the variable is of the script that leaks. */
  sameScriptFactor: 1.2,
  /** Factor where it keeps step with another route instead. */
  otherRouteFactor: 0.3,
  /** Share of what is kept below which a container's entries are light: names beside the things. */
  lightShare: 0.25,
  /** Factor where it keeps step with the requests that ended in one way: these are fewer, and chance does more. */
  outcomeFactor: 0.9,
  /** Factor where the entries are light. */
  lightFactor: 0.5,
  /** Factor for each step from the variable. */
  stepFactor: 0.97,

  /** A container in another is told of where that grows by less than this share of its own growth. */
  maxAroundShare: 0.1,
  /**
   * A container at its capacity can have taken in what leaked, until it was full, if it has room for an
   * entry with this share of the requests.
   */
  minFullShare: 0.1,
}

export type Scores = { readonly [Name in keyof typeof SCORES]: number }

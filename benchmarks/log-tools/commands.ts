/** Command lines of docs/log-tools.md: run by bash in a folder with a fleet's logs, and shown with what they print. */
import { spawnSync } from 'node:child_process'

export interface CommandBlock {
  /** Of the block in docs/log-tools.md. */
  readonly name: string
  /** The program that must be installed. */
  readonly needs: string
  readonly commands: readonly string[]
}

const ONE = 'logs/shop-0001.ndjson'

export const COMMANDS: readonly CommandBlock[] = [
  {
    name: 'pino-pretty',
    needs: 'npx',
    commands: [`grep -h '"event":"leak"' ${ONE} | npx pino-pretty --include level,time,msg`],
  },
  {
    name: 'jq',
    needs: 'jq',
    commands: [
      `jq -rR 'fromjson? | select(.name == "memprof" and .event == "leak") | [.version, .method, .route, .bytesPerRequest, (.ci95 | join(" to "))] | @tsv' ${ONE}`,
      `jq -rRn '[inputs | fromjson? | select(.event == "route" and .verdict == "leaking")] | group_by([.method, .route, .version])[] | [.[0].method, .[0].route, .[0].version, (.[0].time / 1000 | todate), .[-1].retainedBytesPerRequest] | @tsv' ${ONE}`,
      `jq -rRn 'last(inputs | fromjson? | select(.event == "process")) | "\\(.hostname) \\(.instance): \\(.secondsToLimit / 3600 | floor) hours"' ${ONE}`,
      `jq -rR 'fromjson? | select(.event == "process") | "\\(.time / 1000 | todate) \\("#" * (1 + .liveHeapBytes / 2e7 | floor))"' ${ONE} | awk 'NR % 24 == 1'`,
    ],
  },
  {
    name: 'severity',
    needs: 'jq',
    commands: [
      `(echo 'listening on port 3000'; grep -m 1 '"event":"leak"' ${ONE}) | jq -rR --unbuffered '. as $line | (fromjson? | objects | {severity: {"20":"DEBUG","30":"INFO","40":"WARNING"}[.level | tostring]} + . | tojson) // $line' | cut -c -72`,
    ],
  },
]

/** @throws Error where a command fails or prints nothing */
export function runCommands({ commands }: CommandBlock, folder: string): string {
  const shown = commands.map((command) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 24,
    })
    if (status !== 0 || stdout.trim() === '') {
      throw new Error(`${command} ended with ${status} and printed "${stdout}":\n${stderr}`)
    }
    return `$ ${command}\n${stdout.trimEnd()}`
  })
  return `\`\`\`text\n${shown.join('\n\n')}\n\`\`\``
}

export function isInstalled(program: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${program}`]).status === 0
}

/** Writes docs/schema.md and docs/schema.json: `npm run schema`. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../test/support/files'
import { jsonSchema } from '../../test/support/json-schema'
import { schemaMarkdown } from '../../test/support/schema-markdown'

writeFileSync(path.join(ROOT, 'docs/schema.md'), schemaMarkdown())
writeFileSync(
  path.join(ROOT, 'docs/schema.json'),
  `${JSON.stringify(jsonSchema({ strict: false }), null, 2)}\n`,
)

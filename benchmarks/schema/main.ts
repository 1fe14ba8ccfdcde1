/** Writes docs/schema.md and docs/schema.json: `npm run schema`. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { repository } from '../support/places'
import { jsonSchema } from './json-schema'
import { schemaMarkdown } from './markdown'

writeFileSync(path.join(repository, 'docs/schema.md'), schemaMarkdown())
writeFileSync(
  path.join(repository, 'docs/schema.json'),
  `${JSON.stringify(jsonSchema({ strict: false }), null, 2)}\n`,
)

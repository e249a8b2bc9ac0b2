// A process that migrates a database: prints the names of what it applied.
import { migrate } from '../../src/db/migrations.ts'

const [, , url = '', directory = ''] = process.argv
console.log(JSON.stringify(await migrate(url, undefined, directory)))

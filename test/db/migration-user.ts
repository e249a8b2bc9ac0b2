// Migrates a database in a process of its own: prints the names of applied migrations.
import { migrate } from '../../src/db/migrations.ts'

const [, , url = '', directory = ''] = process.argv
console.log(JSON.stringify(await migrate(url, undefined, directory)))

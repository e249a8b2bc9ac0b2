// A process that uses the embedded Postgres of a folder: prints the URL, and stops once its standard input ends.
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'

const postgres = await startEmbeddedPostgres({ directory: process.argv[2] ?? '', durable: false })
console.log(postgres.url)
process.stdin.resume().once('end', () => postgres.stop())

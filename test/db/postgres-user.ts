// Uses the embedded Postgres of a folder in a process of its own: prints the URL, and stops with its standard input.
import { startEmbeddedPostgres } from '../../src/db/embedded/postgres.ts'

const postgres = await startEmbeddedPostgres({ directory: process.argv[2] ?? '', durable: false })
console.log(postgres.url)
process.stdin.resume().once('end', () => postgres.stop())

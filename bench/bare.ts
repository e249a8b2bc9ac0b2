import Fastify, { type FastifyInstance } from 'fastify'
import pg from 'pg'
import { TENANT } from './database.ts'

/**
 * The baseline server, run as `node bench/bare.ts`: Fastify and the driver with their defaults, except for named
 * statements; logging off. Reads bills from DATABASE_URL, or returns a constant without it.
 */
const { PORT, HOST, DATABASE_URL, DATABASE_POOL_SIZE } = process.env

const BY_ID = 'SELECT * FROM customer_bill WHERE tenant_id = $1 AND id = $2'
const OF_ACCOUNT = `SELECT * FROM customer_bill WHERE tenant_id = $1 AND billing_account_id = $2
  ORDER BY bill_date DESC NULLS LAST, id LIMIT 10`

const app = Fastify()
app.get('/health/ready', async () => ({ status: 'ready' }))
app.get('/static', async () => ({ id: '01GNNA1J00BABB6FDC31327BF7', billNo: 'B0000000001', state: 'new' }))
if (DATABASE_URL) serveBills(app, new pg.Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_POOL_SIZE) }))
await app.listen({ host: HOST ?? '127.0.0.1', port: Number(PORT) })

function serveBills(server: FastifyInstance, pool: pg.Pool): void {
  server.get<{ Params: { id: string } }>('/bill/:id', async (request, reply) => {
    const { rows } = await pool.query({ name: 'by-id', text: BY_ID, values: [TENANT, request.params.id] })
    return rows[0] ? reply.send(rows[0]) : reply.code(404).send({ message: 'not found' })
  })
  server.get<{ Querystring: { account: string } }>('/bill', async (request, reply) => {
    const { rows } = await pool.query({ name: 'list', text: OF_ACCOUNT, values: [TENANT, request.query.account] })
    return reply.send(rows)
  })
}

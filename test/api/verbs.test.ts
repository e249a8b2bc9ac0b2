import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEYS, OTHER_TENANT } from '../support/database.ts'
import { post, SAMPLES } from '../support/samples.ts'
import { BASE, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe.each(Object.keys(SAMPLES))('%s', (path) => {
  /** Shown whatever `fields` says. */
  const shownOnce = path === 'hub' ? ['secret'] : []
  const { body, patch } = SAMPLES[path] as (typeof SAMPLES)[string]

  test('POST answers 201 with Location, ETag and the full body, which GET gives again', async () => {
    const sent = { ...body }
    const created = await server.call('POST', path, sent)
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject(sent)
    expect(created.body.href).toBe(`http://localhost:80${BASE}/${path}/${created.body.id}`)
    expect(created.headers.location).toBe(created.body.href)
    expect(created.headers.etag).toBe('"1"')
    const found = await server.call('GET', `${path}/${created.body.id}`)
    const { secret: _, ...shown } = created.body
    expect(found.text).toBe(path === 'hub' ? JSON.stringify(shown) : created.text)
    expect(found.headers['content-type']).toBe('application/json;charset=utf-8')
  })

  test('both base paths serve it, each with its own href, and a trailing slash does no harm', async () => {
    const { id } = await post(server, path)
    const alias = `/tmf-api${BASE}/${path}`
    const found = await server.call('GET', `${alias}/${id}/`)
    expect(found.body.href).toBe(`http://localhost:80${alias}/${id}`)
    expect((await server.call('GET', `${alias}/`)).status).toBe(200)
  })

  test.each(['id', 'href'])('POST refuses a client-supplied %s', async (name) => {
    const refused = await server.call('POST', path, { ...body, [name]: 'x' })
    const message = `$.${name} is given by the server; leave it out`
    expect(refused).toMatchObject({ status: 400, body: { code: '24', message, messageCode: 'body.givenByServer' } })
  })

  test('PATCH answers 200 with the changed body and a new ETag; the same again changes nothing', async () => {
    const { id } = await post(server, path)
    const changed = await server.call('PATCH', `${path}/${id}`, patch)
    expect(changed).toMatchObject({ status: 200, body: { id, ...patch } })
    expect(changed.headers.etag).toBe('"2"')
    const again = await server.call('PATCH', `${path}/${id}`, patch)
    expect(again.text).toBe(changed.text)
    expect(again.headers.etag).toBe('"2"')
  })

  test.each(['id', 'href', '@type', '@baseType', '@schemaLocation'])('PATCH refuses %s', async (name) => {
    const { id } = await post(server, path)
    const refused = await server.call('PATCH', `${path}/${id}`, { [name]: 'x' })
    expect(refused).toMatchObject({ status: 400, body: { code: '24' } })
    expect(refused.body.message).toContain(name)
  })

  test('DELETE answers 204 and it is gone', async () => {
    const { id } = await post(server, path)
    // Some clients send a Content-Type with everything.
    const headers = { 'content-type': 'application/json' }
    expect(await server.call('DELETE', `${path}/${id}`, undefined, headers)).toMatchObject({ status: 204, text: '' })
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await server.call(method, `${path}/${id}`)).status).toBe(404)
    }
    expect((await server.call('PATCH', `${path}/${id}`, patch)).status).toBe(404)
  })

  test.each(['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'abc', '814738f6-4059-4a95-8d34-e859dce29b7c', '%00', "'--"])(
    'an unknown id %s is 404',
    async (id) => {
      expect(await server.call('GET', `${path}/${id}`)).toMatchObject({ status: 404, body: { code: '60' } })
    }
  )

  test('another tenant sees nothing of it', async () => {
    const { id } = await post(server, path)
    const other = await startTestServer({}, server, { token: KEYS[OTHER_TENANT] })
    expect((await other.call('GET', `${path}/${id}`)).status).toBe(404)
    expect((await other.call('PATCH', `${path}/${id}`, patch)).status).toBe(404)
    expect((await other.call('DELETE', `${path}/${id}`)).status).toBe(404)
    expect(await other.call('GET', path)).toMatchObject({ status: 200, body: [] })
    expect((await server.call('GET', `${path}/${id}`)).status).toBe(200)
    await other.close()
  })

  test('fields projects the answers of POST, PATCH and GET', async () => {
    const created = await server.call('POST', `${path}?fields=none`, body)
    expect(Object.keys(created.body)).toEqual(['id', 'href', ...shownOnce])
    const item = `${path}/${created.body.id}?fields=${Object.keys(patch)[0]}`
    expect(Object.keys((await server.call('PATCH', item, patch)).body)).toEqual(['id', 'href', Object.keys(patch)[0]])
    expect(Object.keys((await server.call('GET', item)).body)).toEqual(['id', 'href', Object.keys(patch)[0]])
    expect((await server.call('GET', `${path}/${created.body.id}?state=new`)).status).toBe(400)
  })

  test('an own @type opens the resource for attributes of its own, which are kept and returned', async () => {
    const extended = {
      ...body,
      '@type': 'OwnType',
      '@baseType': 'Base',
      '@schemaLocation': 'urn:x',
      own: { deep: [1.5, null, 'x'] }
    }
    const created = await server.call('POST', path, extended)
    expect(created).toMatchObject({ status: 201, body: extended })
    const id = created.body.id
    expect((await server.call('GET', `${path}/${id}?fields=own,@type`)).body).toMatchObject({
      own: { deep: [1.5, null, 'x'] },
      '@type': 'OwnType'
    })
    for (const type of [{}, { '@type': '' }, { '@type': server.typeOf(path) }]) {
      const refused = await server.call('POST', path, { ...body, ...type, own: 1 })
      expect(refused, JSON.stringify(type)).toMatchObject({ status: 400, body: { code: '24' } })
      expect(refused.body.message).toContain('own')
    }
  })
})

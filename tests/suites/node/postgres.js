// postgres.js: every feature of postgres.js.
//   postgres.js FOLDER [plain|tls]	FOLDER is where node_modules is; the server as PGHOST and its like say
'use strict'
const fs = require('fs')
const os = require('os')
const path = require('path')
const { createRequire } = require('module')
const { pipeline } = require('stream/promises')
const { Readable } = require('stream')
const { check, collect, fault, faultOf } = require('./check.js')

const postgres = createRequire(path.join(process.argv[2], 'x.js'))('postgres')
const ssl = process.argv[3] === 'tls' ? { rejectUnauthorized: true, servername: 'db.shop.example' } : false
const heard = []
const connect = more => postgres({ ssl, max: 2, onnotice: n => heard.push(n), connection: { search_path: 'node_postgres', timezone: 'UTC' }, ...more })
const rest = ms => new Promise(done => setTimeout(done, ms))

async function queries(sql) {
	await check('one value', () => sql`SELECT 1 AS one`)
	await check('values', () => sql`SELECT ${1}::int AS a, ${'x'} AS b, ${null}::text AS c, ${true}::bool AS d, ${new Date(0)}::timestamptz AS e, ${Buffer.from([1, 255])}::bytea AS f`)
	await check('what a result tells', async () => {
		const result = await sql`SELECT id, name, 1 AS n FROM things WHERE id < ${3} ORDER BY id`
		return [result.count, result.command, result.columns.map(c => [c.name, c.type, c.table > 0, c.number]), result.statement.string, result.statement.types, result.state.status]
	})
	await check('again, as prepared', async () => {
		const got = []
		for (let i = 0; i < 5; i++) got.push(await sql`SELECT name FROM things WHERE id = ${i}`)
		return got
	})
	await check('columns chosen', () => sql`SELECT ${sql(['id', 'name'])} FROM things ORDER BY id`)
	await check('insert an object', () => sql`INSERT INTO things ${sql({ name: 'o', n: 1 })} RETURNING name, n`)
	await check('insert many', () => sql`INSERT INTO things ${sql([{ name: 'p', n: 1 }, { name: 'q', n: 2 }], 'name', 'n')} RETURNING name, n`)
	await check('update from an object', () => sql`UPDATE things SET ${sql({ n: 9, name: 'o2' }, 'n', 'name')} WHERE name = ${'o'} RETURNING name, n`)
	await check('update many', () => sql`UPDATE things SET n = (d.n)::int FROM (VALUES ${sql([['p', 5], ['q', 6]])}) AS d (name, n) WHERE things.name = d.name RETURNING things.name, things.n`)
	await check('IN', () => sql`DELETE FROM things WHERE name IN ${sql(['o2', 'p', 'q'])} RETURNING name`)
	await check('ANY', () => sql`SELECT id FROM things WHERE id = ANY(${[1, 3]}) ORDER BY 1`)
	await check('fragments', () => {
		const where = yes => yes ? sql`WHERE id > ${1}` : sql``
		return Promise.all([true, false].map(yes => sql`SELECT id FROM things ${where(yes)} ORDER BY ${sql('id')} DESC`))
	})
	await check('filters in a row', () => sql`SELECT id FROM things WHERE true ${['first', 'second'].map(n => sql`AND name <> ${n}`)}`)
	await check('names of tables', () => sql`SELECT count(*) FROM ${sql('node_postgres.things')}`)
	await check('a name that has to be quoted', () => sql`SELECT 1 AS ${sql('a "b" ů')}`)
	await check('values as arrays', () => sql`SELECT 1, 2, 2 AS x, 3 AS x`.values())
	await check('raw', () => sql`SELECT 1, 'x'::text, '\\x01'::bytea, NULL`.raw())
	await check('describe', async () => {
		const { string, types, columns } = await sql`SELECT id, name FROM things WHERE n = ${1}`.describe()
		return [string, types, columns.map(c => [c.name, c.type])]
	})
	await check('describe of what is wrong', () => faultOf(sql`SELECT nothing FROM things`.describe()))
	await check('several statements', () => sql`SELECT 1 AS a; SELECT 2 AS b; UPDATE things SET n = n WHERE false`.simple())
	await check('several, one wrong', () => faultOf(sql`SELECT 1; SELECT 1/0; SELECT 3`.simple()))
	await check('nothing', () => sql``.simple())
	await check('unsafe', () => sql.unsafe('SELECT $1::int AS v', [5]))
	await check('unsafe, several', () => sql.unsafe('SELECT 1 AS a; SELECT 2 AS b'))
	await check('unsafe, prepared', () => sql.unsafe('SELECT $1::int AS v', [6], { prepare: true }))
	await check('a file', async () => {
		const at = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'suite')), 'q.sql')
		fs.writeFileSync(at, 'SELECT $1::int + 1 AS v')
		const rows = await sql.file(at, [6])
		fs.rmSync(path.dirname(at), { recursive: true })
		return rows
	})
	await check('executed at once', async () => await sql`SELECT 7 AS v`.execute())
	await check('many at once', async () => {
		const got = await Promise.all(Array.from({ length: 500 }, (_, i) => sql`SELECT ${i}::int AS v`))
		return got.reduce((sum, [row]) => sum + row.v, 0)
	})
	await check('many, some wrong', async () => Promise.all(Array.from({ length: 40 }, (_, i) => faultOf(sql`SELECT 1 / ${i % 5}::int AS v`.then(r => r[0].v)))))
	await check('many different ones', async () => {
		const got = await Promise.all(Array.from({ length: 150 }, (_, i) => sql.unsafe(`SELECT ${i} AS v${i}`, [], { prepare: true })))
		return got.length
	})
	await check('a notice', async () => {
		heard.length = 0
		await sql`DROP TABLE IF EXISTS nothing_here`
		return heard.map(n => [n.severity, n.code, n.message])
	})
}

async function rows(sql) {
	await check('forEach', async () => {
		const seen = []
		const result = await sql`SELECT i FROM generate_series(1, 5) i`.forEach(row => seen.push(row.i))
		return [seen, result.count]
	})
	await check('cursor with a function', async () => {
		const seen = []
		await sql`SELECT i FROM generate_series(1, 5) i`.cursor(2, got => { seen.push(got.map(r => r.i)) })
		return seen
	})
	await check('cursor in a loop', async () => {
		const seen = []
		for await (const got of sql`SELECT i FROM generate_series(1, ${7}) i`.cursor(3)) seen.push(got.map(r => r.i))
		return seen
	})
	await check('cursor left early', async () => {
		const seen = []
		for await (const [row] of sql`SELECT i FROM generate_series(1, 100000) i`.cursor()) {
			seen.push(row.i)
			if (seen.length === 3) break
		}
		return [seen, await sql`SELECT 1 AS v`]
	})
	await check('cursor closed by its function', async () => {
		const seen = []
		await sql`SELECT i FROM generate_series(1, 1000) i`.cursor(row => { seen.push(row); return seen.length > 2 && sql.CLOSE })
		return seen.length
	})
	// on its own: what it then makes of the rows on their way depends on how packets are cut
	await check('cursor whose function fails', async () => {
		const own = connect({ max: 1 })
		const got = await faultOf(own`SELECT i FROM generate_series(1, 1000) i`.cursor(5, () => { throw new Error('mine') }))
		await own.end({ timeout: 1 })
		return got
	})
	await check('cursor that fails on the way', () => faultOf(sql`SELECT 1 / (5 - i) AS v FROM generate_series(1, 9) i`.cursor(2, () => {})))
	await check('a cursor in a transaction', () => sql.begin(async sql => {
		let sum = 0
		for await (const got of sql`SELECT i FROM generate_series(1, 1000) i`.cursor(100)) for (const row of got) sum += row.i
		return [sum, await sql`SELECT 3 AS v`]
	}))
	await check('a large value', async () => (await sql`SELECT ${'ab'.repeat(2000000)} AS v`)[0].v.length)
	await check('ten thousand rows', async () => (await sql`SELECT i, md5(i::text) m FROM generate_series(1, 10000) i`).at(-1))
}

const TYPES = ['int2', 'int4', 'int8', 'numeric', 'float8', 'text', 'varchar', 'oid']

async function types(sql) {
	for (const type of TYPES) await check(`${type}`, () => sql`SELECT ${'12'}::${sql.unsafe(type)} AS v, ${'{12,NULL}'}::text::${sql.unsafe(type)}[] AS a`)
	await check('json', () => sql`SELECT ${sql.json({ a: [1, null] })} AS v, ${{ b: 1 }}::jsonb AS w, ${sql.json('x')} AS x`)
	await check('arrays', () => sql`SELECT ${sql.array([1, 2, 3])} AS v, ${sql.array(['a', 'b,"c"'])} AS w, ${[[1, 2], [3, 4]]}::int[] AS x`)
	await check('arrays of our own types', () => sql`SELECT ${['glad', 'sad']}::mood[] AS v, '{"(1,x)"}'::pair[] AS w`)
	await check('typed', () => sql`SELECT ${sql.typed('5', 23)} AS v`)
	await check('dates', () => sql`SELECT '2026-02-28'::date d, '2026-02-28 12:00'::timestamp t, '2026-02-28 12:00+00'::timestamptz z, '{2026-02-28}'::date[] a`)
	await check('bytes', () => sql`SELECT '\\x00ff'::bytea v, ${Buffer.alloc(100000, 9)}::bytea = decode(repeat('09', 100000), 'hex') AS w`)
	await check('bool, null, uuid, inet', () => sql`SELECT true a, null b, ${'00000000-0000-4000-8000-00000000000f'}::uuid c, '10.0.0.1'::inet d`)
	await check('bigint', async () => {
		const own = connect({ types: { bigint: postgres.BigInt } })
		const got = await own`SELECT ${9223372036854775807n} AS v, 1::int8 AS w`
		await own.end()
		return got
	})
	await check('a type of our own', async () => {
		const point = { to: 600, from: [600], serialize: p => `(${p.x},${p.y})`, parse: t => t.slice(1, -1).split(',').map(Number) }
		const own = connect({ types: { point } })
		const got = await own`SELECT ${own.types.point({ x: 1, y: 2 })} AS v`
		await own.end()
		return got
	})
	for (const transform of ['camel', 'pascal', 'kebab'])
		await check(`transform ${transform}`, async () => {
			const own = connect({ transform: postgres[transform] })
			const got = await own`SELECT 1 AS a_long_name, ${2}::int AS other_name`
			await own.end()
			return got
		})
	await check('transforms of our own', async () => {
		const own = connect({ transform: { undefined: null, column: c => c.toUpperCase(), value: v => `<${v}>`, row: r => ({ r }) } })
		const got = await own`SELECT ${undefined}::text AS a, 2 AS b`
		await own.end()
		return got
	})
	await check('undefined', () => faultOf(sql`SELECT ${undefined}`))
}

async function transactions(sql) {
	await check('begin', () => sql.begin(async sql => {
		await sql`INSERT INTO things ${sql({ name: 'kept' })}`
		return sql`DELETE FROM things WHERE name = 'kept' RETURNING name`
	}))
	await check('begin with options', () => sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', sql => sql`SHOW transaction_isolation`))
	await check('begin that fails', async () => [await faultOf(sql.begin(async sql => {
		await sql`INSERT INTO things ${sql({ name: 'gone' })}`
		throw new Error('mine')
	})), await sql`SELECT count(*) FROM things WHERE name = 'gone'`])
	await check('begin where a query fails', () => faultOf(sql.begin(async sql => {
		await sql`SELECT 1/0`
	})))
	await check('begin with a list', () => sql.begin(sql => [sql`SELECT 1 AS a`, sql`SELECT 2 AS b`, sql`SELECT 3 AS c`]))
	await check('a list with a wrong one', () => faultOf(sql.begin(sql => [sql`SELECT 1 AS a`, sql`SELECT 1/0`, sql`SELECT 3 AS c`])))
	await check('savepoint', () => sql.begin(async sql => {
		const wrong = await faultOf(sql.savepoint(sql => sql`SELECT 1/0`))
		const named = await sql.savepoint('named', sql => sql`SELECT 4 AS v`)
		return [wrong, named, await sql`SELECT 5 AS v`]
	}))
	await check('prepare', async () => {
		await sql.begin(async sql => {
			await sql`INSERT INTO things ${sql({ name: 'two' })}`
			await sql.prepare('node two')
		})
		const held = await sql`SELECT gid FROM pg_prepared_xacts`
		await sql`COMMIT PREPARED 'node two'`.simple()
		return [held, await sql`DELETE FROM things WHERE name = 'two' RETURNING name`]
	})
	await check('BEGIN that is not begin', async () => {
		const own = connect()
		const wrong = await faultOf(own`BEGIN`)
		await own.end({ timeout: 1 })
		return wrong
	})
	await check('reserve', async () => {
		const own = await sql.reserve()
		await own`SET LOCAL statement_timeout = 1`.simple()
		const [{ same }] = await own`SELECT pg_backend_pid() = pg_backend_pid() AS same`
		own.release()
		return same
	})
}

const WRONG = ['SELEC 1', 'SELECT * FROM nowhere', "INSERT INTO things (id, name) VALUES (1, 'x')", 'INSERT INTO things (name) VALUES (NULL)',
	"INSERT INTO things (name, n) VALUES ('x', -1)", "SELECT 'cross'::mood", 'SELECT fails(1)', "SELECT 'x'::int"]

async function errors(sql) {
	for (const text of WRONG) await check(`error of ${text}`, () => faultOf(sql.unsafe(text)))
	for (const text of WRONG) await check(`error of ${text}, prepared`, () => faultOf(sql.unsafe(text, [], { prepare: true })))
	await check('an error tells its query', async () => {
		try {
			await sql`SELECT 1 / ${0}::int`
		} catch (error) {
			return [error.query, error.parameters, error.code]
		}
	})
	await check('goes on', () => sql`SELECT 1 AS v`)
}

async function copies(sql) {
	await check('COPY in', async () => {
		await pipeline(Readable.from(['1\tone\n2\ttw', 'o\n3\t\\N\n']), await sql`COPY copied FROM STDIN`.writable())
		return sql`SELECT * FROM copied ORDER BY a`
	})
	await check('COPY out', async () => (await collect(await sql`COPY copied TO STDOUT`.readable())).toString())
	await check('COPY out, csv', async () => (await collect(await sql`COPY (SELECT * FROM copied ORDER BY a) TO STDOUT WITH CSV HEADER`.readable())).toString())
	await check('COPY out and in, binary', async () => {
		const out = await collect(await sql`COPY copied TO STDOUT WITH BINARY`.readable())
		await sql`TRUNCATE copied`
		await pipeline(Readable.from([out.subarray(0, 25), out.subarray(25)]), await sql`COPY copied FROM STDIN WITH BINARY`.writable())
		return [out, await sql`SELECT count(*) FROM copied`]
	})
	await check('COPY in, many', async () => {
		await pipeline(Readable.from((function* () {
			for (let i = 0; i < 50000; i++) yield `${i}\trow ${i}\n`
		})()), await sql`COPY copied FROM STDIN`.writable())
		return sql`SELECT count(*), sum(a) FROM copied`
	})
	// it never calls back for what was refused, so: whether the server still answers elsewhere
	await check('COPY in, wrong', async () => {
		const own = connect({ max: 1 })
		const stream = await own`COPY copied FROM STDIN`.writable()
		const ended = new Promise(done => stream.on('error', e => done(fault(e))))
		stream.end('x\ty\n')
		const got = await Promise.race([ended, rest(1000)])
		await own.end({ timeout: 1 })
		return [got, await sql`SELECT count(*) FROM copied`]
	})
	await check('COPY out, wrong', () => faultOf(sql`COPY nowhere TO STDOUT`.readable()))
	await check('goes on after COPY', () => sql`SELECT 2 AS v`)
}

async function notifications(sql) {
	await check('listen and notify', async () => {
		const got = []
		let opened = 0
		const { unlisten, state } = await sql.listen('bell', payload => got.push(payload), () => opened++)
		await sql.listen('Odd "bell"', payload => got.push(`odd ${payload}`))
		await sql.notify('bell', 'one')
		await sql.notify('Odd "bell"', 'two')
		await sql`SELECT pg_notify('bell', ${'ž'.repeat(20)})`
		for (let i = 0; i < 200 && got.length < 3; i++) await rest(25)
		await unlisten()
		await sql.notify('bell', 'not heard')
		await rest(200)
		return [got.sort(), opened, state.pid > 0]
	})
	await check('listens again when its backend ends', async () => {
		const own = connect({ backoff: 0.1 })
		const got = []
		let opened = 0
		const { state } = await own.listen('again', payload => got.push(payload), () => opened++)
		await sql`SELECT pg_terminate_backend(${state.pid})`
		for (let i = 0; i < 200 && opened < 2; i++) await rest(25)
		await sql.notify('again', 'back')
		for (let i = 0; i < 200 && !got.length; i++) await rest(25)
		await own.end({ timeout: 1 })
		return [opened, got]
	})
}

async function cancels(sql) {
	await check('cancel', async () => {
		const query = sql`SELECT pg_sleep(30)`.execute()
		setTimeout(() => query.cancel(), 300)
		return [await faultOf(query), await sql`SELECT 1 AS v`]
	})
	await check('cancel of what waits', async () => {
		const one = connect({ max: 1 })
		await one`SELECT 1`
		const first = one`SELECT pg_sleep(0.5)`.execute(), second = one`SELECT 2 AS v`.execute()
		const third = one`SELECT 3 AS v`.execute()
		const cancelled = faultOf(second)
		second.cancel()
		const got = [await faultOf(first.then(() => 'slept')), (await cancelled).code, await third]
		await one.end()
		return got
	})
	await check('statement_timeout', async () => {
		const own = connect({ connection: { statement_timeout: 200 } })
		const got = await faultOf(own`SELECT pg_sleep(30)`)
		await own.end()
		return got
	})
	await check('ended by an administrator', async () => {
		const own = connect({ max: 1 })
		const [{ pid }] = await own`SELECT pg_backend_pid() AS pid`
		const slept = faultOf(own`SELECT pg_sleep(30)`)
		await rest(200)
		await sql`SELECT pg_terminate_backend(${pid})`
		const got = [(await slept).code, await own`SELECT 2 AS v`]
		await own.end()
		return got
	})
}

async function connections(sql) {
	await check('a pool', async () => {
		const own = connect({ max: 5, idle_timeout: 1, max_lifetime: 60 })
		const got = await Promise.all(Array.from({ length: 60 }, (_, i) => own`SELECT ${i}::int AS v, pg_sleep(0.01)`))
		await own.end()
		return got.length
	})
	await check('statements that are not prepared', async () => {
		const own = connect({ prepare: false })
		const got = [await own`SELECT ${1}::int AS v`, await own`SELECT ${2}::int AS v`, await own`SELECT count(*) FROM pg_prepared_statements`]
		await own.end()
		return got
	})
	await check('types that are not fetched', async () => {
		const own = connect({ fetch_types: false })
		const got = await own`SELECT '{glad}'::mood[] AS v, ${1}::int AS w`
		await own.end()
		return got
	})
	await check('one at a time', async () => {
		const own = connect({ max: 1, max_pipeline: 1 })
		const got = await Promise.all(Array.from({ length: 20 }, (_, i) => own`SELECT ${i}::int AS v`))
		await own.end()
		return got.map(r => r[0].v)
	})
	await check('parameters of the login', async () => {
		const own = connect({ connection: { application_name: 'a name', search_path: 'pg_catalog' } })
		const got = [await own`SHOW application_name`, await own`SHOW search_path`, own.parameters.server_encoding, own.parameters.application_name]
		await own.end()
		return got
	})
	await check('what a session must be', async () => {
		const own = connect({ target_session_attrs: 'read-write' })
		const got = await own`SELECT 1 AS v`
		await own.end()
		return got
	})
	await check('alone: no such database', async () => {
		const own = connect({ database: 'nowhere' })
		const got = await faultOf(own`SELECT 1`)
		await own.end({ timeout: 1 })
		return got
	})
	await check('ended, and used', async () => {
		const own = connect()
		await own`SELECT 1`
		await own.end()
		return faultOf(own`SELECT 1`)
	})
	await check('encrypted', async () => (await sql`SELECT ${ssl !== false} AS asked`))
}

// What only a replication connection can: the server has it, a policy without a rule for
// it has not. The suite looks at this line by itself.
async function subscription(sql) {
	await sql`DROP PUBLICATION IF EXISTS alltables`
	await sql`CREATE PUBLICATION alltables FOR ALL TABLES`
	const own = connect({ publications: 'alltables' })
	await check('alone: subscribe', async () => {
		const { unsubscribe } = await own.subscribe('*', () => {})
		await unsubscribe()
		return 'subscribed'
	})
	await own.end({ timeout: 1 })
	await sql`DROP PUBLICATION alltables`
}

async function main() {
	const sql = connect()
	await sql`DROP SCHEMA IF EXISTS node_postgres CASCADE`
	await sql.unsafe(`CREATE SCHEMA node_postgres; SET search_path = node_postgres;
		CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b text);
		CREATE TABLE things (id serial PRIMARY KEY, name varchar(100) NOT NULL, n int CHECK (n >= 0));
		INSERT INTO things (name, n) VALUES ('first', 1), ('second', 2), ('third', NULL);
		CREATE TABLE copied (a int, b text);
		CREATE FUNCTION fails(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a / 0; END $$`)
	await sql.end()
	const again = connect()
	for (const part of [queries, rows, types, transactions, errors, copies, notifications, cancels, connections, subscription])
		await part(again)
	await again`DROP SCHEMA node_postgres CASCADE`
	await again.end({ timeout: 1 })
}

process.env.TZ = 'UTC'
main().then(() => process.exit(0), error => {
	console.log(`stopped: ${error.stack}`)
	process.exit(1)
})

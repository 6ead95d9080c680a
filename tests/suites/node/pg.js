// pg.js: every feature of node-postgres and of what belongs to it: cursors, streams, COPY.
//   pg.js FOLDER [plain|tls]	FOLDER is where node_modules is; the server as PGHOST and its like say
'use strict'
const path = require('path')
const { createRequire } = require('module')
const { pipeline } = require('stream/promises')
const { Readable, Writable } = require('stream')
const { check, collect, fault, faultOf } = require('./check.js')

const fetched = createRequire(path.join(process.argv[2], 'x.js'))
const pg = fetched('pg')
const Cursor = fetched('pg-cursor')
const QueryStream = fetched('pg-query-stream')
const { from: copyFrom, to: copyTo } = fetched('pg-copy-streams')

const over = process.argv[3] === 'tls'
	? { ssl: { rejectUnauthorized: true, servername: 'db.shop.example' } } : { ssl: false }
const connect = async more => {
	const client = new pg.Client({ ...over, options: '-c search_path=node_pg -c timezone=UTC', ...more })
	client.on('error', () => {})
	await client.connect()
	return client
}
const until = async (told, what = 200) => {
	for (let i = 0; i < what && !told(); i++) await new Promise(done => setTimeout(done, 25))
	return told()
}

async function simple(client) {
	await check('one value', async () => (await client.query('SELECT 1 AS one')).rows)
	await check('what a result tells', async () => {
		const { command, rowCount, oid, fields } = await client.query("SELECT 1::int4 a, 'x'::varchar(9) b, now() c")
		return { command, rowCount, oid, fields: fields.map(f => [f.name, f.dataTypeID, f.dataTypeSize, f.dataTypeModifier, f.format]) }
	})
	await check('columns of a table', async () => {
		const { fields } = await client.query('SELECT * FROM things')
		return fields.map(f => [f.name, f.tableID > 0, f.columnID])
	})
	await check('several statements at once', async () => {
		const results = await client.query('SELECT 1 AS a; SELECT 2 AS b, 3 AS c; UPDATE things SET n = n WHERE false')
		return results.map(r => [r.command, r.rowCount, r.rows])
	})
	await check('an error in the second of three', async () => faultOf(client.query('SELECT 1; SELECT 1/0; SELECT 3')))
	await check('an empty query', async () => (await client.query('')).rows)
	await check('an empty query, prepared', async () => (await client.query({ name: 'empty', text: '' })).rows)
	await check('only a comment', async () => (await client.query('-- nothing')).command)
	await check('rows as arrays', async () => (await client.query({ text: 'SELECT 1, 2, 2 AS x, 3 AS x', rowMode: 'array' })).rows)
	await check('many columns', async () => {
		const text = `SELECT ${Array.from({ length: 1600 }, (_, i) => `${i} AS c${i}`)}`
		return Object.keys((await client.query(text)).rows[0]).length
	})
	await check('a long statement', async () => (await client.query(`SELECT length('${'x'.repeat(700000)}')`)).rows)
	await check('a long value', async () => (await client.query("SELECT repeat('xy', 1500000) v")).rows[0].v.length)
	await check('ten thousand rows', async () => {
		const { rows } = await client.query('SELECT i, md5(i::text) FROM generate_series(1, 10000) i')
		return [rows.length, rows[9999]]
	})
	await check('escapes', async () => {
		const text = `SELECT ${client.escapeLiteral("it's \\ here")} AS ${client.escapeIdentifier('a "name"')}`
		return (await client.query(text)).rows
	})
	await check('a callback', () => new Promise((done, fail) => client.query('SELECT $1::int v', [7], (e, r) => e ? fail(e) : done(r.rows))))
	await check('events of a query', () => new Promise((done, fail) => {
		const rows = [], query = client.query(new pg.Query('SELECT i FROM generate_series(1, 3) i'))
		query.on('row', row => rows.push(row))
		query.on('error', fail)
		query.on('end', result => done([rows, result.rowCount]))
	}))
	await check('parameters of the server', async () => (await client.query('SHOW server_encoding')).rows)
	await check('a notice', async () => {
		const heard = new Promise(done => client.once('notice', n => done([n.severity, n.code, n.message, n.detail, n.hint])))
		await client.query("DO $$ BEGIN RAISE WARNING 'mind %', 1 USING DETAIL = 'the gap', HINT = 'look down'; END $$")
		return heard
	})
}

const VALUES = [
	['int2', -32768], ['int4', 2147483647], ['int8', '9223372036854775807'], ['numeric', '123456789.000000001'],
	['float4', 1.5], ['float8', 'NaN'], ['float8', Infinity], ['bool', true], ['text', 'žluťoučký 𝄞'], ['text', ''],
	['varchar', 'x'], ['bpchar', 'x'], ['bytea', Buffer.from([0, 1, 254, 255])], ['date', '2026-02-28'],
	['timestamp', '2026-02-28 12:30:01.25'], ['timestamptz', new Date(Date.UTC(2026, 1, 28, 12))], ['time', '24:00:00'],
	['timetz', '12:00:00+02'], ['interval', '1 year 2 mons 3 days 04:05:06.5'], ['json', { a: [1, null, 'x'] }],
	['jsonb', { b: { c: 1.5 } }], ['uuid', '00000000-0000-4000-8000-00000000000f'], ['inet', '10.0.0.1/8'],
	['cidr', '10.0.0.0/8'], ['macaddr', '08:00:2b:01:02:03'], ['point', '(1,2)'], ['circle', '<(1,2),3>'],
	['box', '(3,4),(1,2)'], ['path', '((0,0),(1,1))'], ['polygon', '((0,0),(1,1),(1,0))'], ['bit(4)', '1010'],
	['varbit', '101'], ['money', '1234.5'], ['xml', '<a b="1">x</a>'], ['tsvector', "'a':1 'b':2"], ['tsquery', "'a' & !'b'"],
	['int4range', '[1,5)'], ['tstzrange', '[2026-01-01,2026-02-01)'], ['int4multirange', '{[1,3),[7,9)}'],
	['oid', 4294967295], ['regclass', 'pg_class'], ['"char"', 'a'], ['name', 'n'], ['jsonpath', '$.a[*]'], ['pg_lsn', '16/B374D848'],
	['int4[]', [1, null, 3]], ['text[]', ['a', 'b,c', '"d"', null, '']], ['int4[][]', [[1, 2], [3, 4]]],
	['bool[]', [true, false]], ['bytea[]', [Buffer.from('a'), Buffer.from('b')]], ['jsonb[]', [{ a: 1 }, { b: 2 }]],
	['numeric[]', ['1.5', '2.5']], ['uuid[]', ['00000000-0000-4000-8000-00000000000f']], ['date[]', ['2026-02-28']],
	['mood', 'glad'], ['mood[]', ['glad', 'sad']], ['pair', '(1,x)'],
]
// not as binary: the first tells the number of a type, which is another each time it is
// made; the second has a NULL, which pg-types takes for a length, and counts for 16 s
const TEXT_ONLY = ['mood[]', 'int4[]']

async function types(client) {
	for (const [type, value] of VALUES) {
		const ask = more => async () => (await client.query({ text: `SELECT $1::${type} AS v, pg_typeof($1::${type})::text AS t`, values: [value], ...more })).rows
		await check(`${type}, as text`, ask())
		if (!TEXT_ONLY.includes(type)) await check(`${type}, as binary`, ask({ binary: true }))
		await check(`${type}, of nothing`, async () => (await client.query(`SELECT $1::${type} AS v`, [null])).rows)
	}
	await check('a parser of our own', async () => (await client.query({
		text: 'SELECT 1::int8 a, 2::int4 b',
		types: { getTypeParser: (oid, format) => text => `${oid} ${format} ${text}` },
	})).rows)
	await check('a value that tells itself', async () => (await client.query('SELECT $1::point v',
		[{ toPostgres: () => '(5,6)' }])).rows)
	await check('a large value bound', async () => (await client.query('SELECT length($1::text), md5($1::text)', ['ab'.repeat(2000000)])).rows)
	await check('large bytes bound, and back', async () => {
		const sent = Buffer.alloc(1500000, 7)
		return (await client.query('SELECT $1::bytea v', [sent])).rows[0].v.equals(sent)
	})
	await check('as many values as there can be', async () => {
		const n = 32767
		const text = `SELECT count(*) FROM (VALUES ${Array.from({ length: n }, (_, i) => `($${i + 1}::int)`)}) v`
		return (await client.query(text, Array.from({ length: n }, (_, i) => i))).rows
	})
}

async function prepared(client) {
	const named = { name: 'by-id', text: 'SELECT id, name FROM things WHERE id = $1' }
	await check('a named statement', async () => (await client.query({ ...named, values: [1] })).rows)
	await check('again, not parsed again', async () => (await client.query({ ...named, values: [2] })).rows)
	await check('a name with another text', async () => faultOf(client.query({ ...named, text: 'SELECT 2' })))
	await check('the server knows it', async () => (await client.query('SELECT name, statement, parameter_types::text, from_sql FROM pg_prepared_statements ORDER BY name')).rows)
	await check('a named statement that does not parse', async () => faultOf(client.query({ name: 'bad', text: 'SELEC 1' })))
	await check('and may be said right', async () => (await client.query({ name: 'bad', text: 'SELECT 1 AS v' })).rows)
	await check('a named statement that fails', async () => faultOf(client.query({ name: 'div', text: 'SELECT 1 / $1::int v', values: [0] })))
	await check('and then does not', async () => (await client.query({ name: 'div', text: 'SELECT 1 / $1::int v', values: [1] })).rows)
	await check('a name of an odd kind', async () => (await client.query({ name: 'ů "x" \'y\'', text: 'SELECT 1 AS v' })).rows)
	await check('too few values', async () => faultOf(client.query('SELECT $1::int, $2::int', [1])))
	await check('too many values', async () => faultOf(client.query('SELECT $1::int', [1, 2])))
	await check('a value that is none', async () => faultOf(client.query('SELECT $1::int', ['x'])))
	await check('a type that is not to be known', async () => faultOf(client.query('SELECT $1 || $2', [1, 2])))
	await check('rows at a time', async () => (await client.query({ text: 'SELECT i FROM generate_series(1, 7) i', rows: 3 })).rows)
	await check('rows at a time, named', async () => (await client.query({ name: 'few', text: 'SELECT i FROM generate_series(1, $1) i', values: [6], rows: 2 })).rows)
	await check('insert and return', async () => (await client.query('INSERT INTO things (name, n) VALUES ($1, $2), ($3, $4) RETURNING name, n', ['p', 1, 'q', 2])).rows)
	await check('update, how many', async () => (await client.query('UPDATE things SET n = n + $1 WHERE name = ANY($2)', [1, ['p', 'q']])).rowCount)
	await check('delete, how many', async () => (await client.query('DELETE FROM things WHERE name = ANY($1)', [['p', 'q']])).rowCount)
	await check('a plan that changed', async () => {
		await client.query({ name: 'all', text: 'SELECT * FROM changing' })
		await client.query('ALTER TABLE changing ADD b int DEFAULT 2')
		return faultOf(client.query({ name: 'all', text: 'SELECT * FROM changing' }))
	})
	await check('SQL of it', async () => {
		await client.query('PREPARE said (int) AS SELECT $1 * 2 AS v')
		const { rows } = await client.query('EXECUTE said (21)')
		await client.query('DEALLOCATE said')
		return rows
	})
}

async function transactions(client) {
	await check('rolled back', async () => {
		await client.query('BEGIN')
		await client.query('INSERT INTO things (name) VALUES ($1)', ['gone'])
		await client.query('ROLLBACK')
		return (await client.query("SELECT count(*) FROM things WHERE name = 'gone'")).rows
	})
	await check('savepoints', async () => {
		await client.query('BEGIN')
		await client.query("INSERT INTO things (name) VALUES ('kept')")
		await client.query('SAVEPOINT one')
		const wrong = await faultOf(client.query("INSERT INTO things (id, name) VALUES (1, 'twice')"))
		const within = await faultOf(client.query('SELECT 1'))
		await client.query('ROLLBACK TO one')
		await client.query('RELEASE one')
		await client.query('COMMIT')
		return [wrong, within, (await client.query("DELETE FROM things WHERE name = 'kept'")).rowCount]
	})
	await check('COMMIT of what failed', async () => {
		await client.query('BEGIN')
		await faultOf(client.query('SELECT 1/0'))
		return (await client.query('COMMIT')).command
	})
	await check('isolation, read only', async () => {
		await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE')
		const level = (await client.query('SHOW transaction_isolation')).rows
		const wrong = await faultOf(client.query('DELETE FROM things'))
		await client.query('ROLLBACK')
		return [level, wrong]
	})
	await check('a constraint at COMMIT', async () => {
		await client.query('BEGIN')
		await client.query('INSERT INTO later VALUES (1), (1)')
		return faultOf(client.query('COMMIT'))
	})
	await check('a lock not waited for', async () => {
		const other = await connect()
		await client.query('BEGIN')
		await client.query('SELECT * FROM things WHERE id = 1 FOR UPDATE')
		const wrong = await faultOf(other.query('SELECT * FROM things WHERE id = 1 FOR UPDATE NOWAIT'))
		await client.query('ROLLBACK')
		await other.end()
		return wrong
	})
	await check('a deadlock', async () => {
		const other = await connect()
		await client.query('BEGIN')
		await other.query('BEGIN')
		await client.query('UPDATE things SET n = 1 WHERE id = 1')
		await other.query('UPDATE things SET n = 1 WHERE id = 2')
		const both = await Promise.all([faultOf(client.query('UPDATE things SET n = 1 WHERE id = 2')),
			faultOf(other.query('UPDATE things SET n = 1 WHERE id = 1'))])
		await client.query('ROLLBACK')
		await other.query('ROLLBACK')
		await other.end()
		return both.map(b => b.code || 'done').sort()
	})
}

async function errors(client) {
	const wrong = [
		['syntax', 'SELECT FROM WHERE'], ['no such table', 'SELECT * FROM nowhere'], ['no such column', 'SELECT nothing FROM things'],
		['unique', "INSERT INTO things (id, name) VALUES (1, 'x')"], ['not null', 'INSERT INTO things (name) VALUES (NULL)'],
		['check', "INSERT INTO things (name, n) VALUES ('x', -1)"], ['foreign key', 'INSERT INTO parts VALUES (1, 999)'],
		['division', 'SELECT 1/0'], ['too long', "INSERT INTO things (name) VALUES (repeat('x', 200))"],
		['raised', "DO $$ BEGIN RAISE 'own' USING ERRCODE = 'ZZ123', DETAIL = 'd', HINT = 'h', COLUMN = 'c', TABLE = 't', SCHEMA = 's', CONSTRAINT = 'k', DATATYPE = 'dt'; END $$"],
		['within a function', 'SELECT fails(1)'], ['no such function', 'SELECT nofunction()'], ['an enum', "SELECT 'cross'::mood"],
		['bytes that are no text', "SELECT convert_from('\\xff', 'UTF8')"],
	]
	for (const [name, text] of wrong) {
		await check(`error: ${name}`, async () => faultOf(client.query(text)))
		await check(`error: ${name}, prepared`, async () => faultOf(client.query({ text, queryMode: 'extended' })))
	}
	await check('goes on', async () => (await client.query('SELECT 1 AS v')).rows)
	await check('a NUL in a text', async () => faultOf(client.query('SELECT $1::text', ['a\0b'])))
	await check('goes on, again', async () => (await client.query('SELECT 1 AS v')).rows)
}

async function cursors(client) {
	await check('cursor', async () => {
		const cursor = client.query(new Cursor('SELECT i FROM generate_series(1, $1) i', [5]))
		const all = [await cursor.read(2), await cursor.read(2), await cursor.read(2), await cursor.read(2)]
		await cursor.close()
		return all
	})
	await check('cursor closed early', async () => {
		const cursor = client.query(new Cursor('SELECT i FROM generate_series(1, 1000000) i'))
		const first = await cursor.read(3)
		await cursor.close()
		return [first, (await client.query('SELECT 1 AS v')).rows]
	})
	await check('cursor that fails on the way', async () => {
		const cursor = client.query(new Cursor('SELECT 10 / (5 - i) AS v FROM generate_series(1, 9) i'))
		const first = await cursor.read(3)
		return [first, await faultOf(cursor.read(3))]
	})
	await check('cursor that does not parse', async () => faultOf(client.query(new Cursor('SELEC 1')).read(1)))
	await check('two cursors one after the other', async () => {
		const one = client.query(new Cursor("SELECT 'a' AS v")), two = client.query(new Cursor("SELECT 'b' AS v"))
		const got = [await one.read(9)]
		await one.close()
		got.push(await two.read(9))
		await two.close()
		return got
	})
	await check('cursor with rows as arrays', async () => {
		const cursor = client.query(new Cursor('SELECT 1, 2', null, { rowMode: 'array' }))
		const rows = await cursor.read(9)
		await cursor.close()
		return rows
	})
	await check('cursor of SQL', async () => {
		await client.query('BEGIN')
		await client.query('DECLARE c SCROLL CURSOR FOR SELECT i FROM generate_series(1, 9) i')
		const got = []
		for (const text of ['FETCH 2 FROM c', 'MOVE 3 IN c', 'FETCH NEXT FROM c', 'FETCH BACKWARD 2 FROM c', 'FETCH LAST FROM c', 'CLOSE c'])
			got.push([(await client.query(text)).command, (await client.query('SELECT 1')).rowCount])
		await client.query('COMMIT')
		return got
	})
	await check('a stream of rows', async () => {
		let n = 0, sum = 0
		for await (const row of client.query(new QueryStream('SELECT i FROM generate_series(1, $1) i', [5000], { batchSize: 100 }))) {
			n++
			sum += row.i
		}
		return [n, sum]
	})
	await check('a stream left early', async () => {
		const seen = []
		for await (const row of client.query(new QueryStream('SELECT i FROM generate_series(1, 100000) i'))) {
			seen.push(row.i)
			if (seen.length === 3) break
		}
		return [seen, (await client.query('SELECT 2 AS v')).rows]
	})
	await check('a stream that fails', async () => faultOf(collect(client.query(new QueryStream('SELECT 1 / (3 - i) FROM generate_series(1, 9) i', [], { batchSize: 1 })))))
	await check('goes on after streams', async () => (await client.query('SELECT 3 AS v')).rows)
}

async function copies(client) {
	const into = (text, data) => pipeline(Readable.from(data), client.query(copyFrom(text)))
	await check('COPY in, text', async () => {
		await into('COPY copied FROM STDIN', ['1\tone\n2\ttw', 'o\n', '3\t\\N\n', '4\ta\\tb\\\\c\n'])
		return (await client.query('SELECT * FROM copied ORDER BY a')).rows
	})
	for (const how of ['', ' WITH CSV HEADER', " WITH (FORMAT csv, DELIMITER ';', QUOTE '''', FORCE_QUOTE *)", ' WITH BINARY', " WITH (NULL '-')"])
		await check(`COPY out${how}`, async () => collect(client.query(copyTo(`COPY copied TO STDOUT${how}`))))
	await check('COPY of a query', async () => (await collect(client.query(copyTo('COPY (SELECT i, i * i FROM generate_series(1, 3) i) TO STDOUT')))).toString())
	await check('COPY in, csv', async () => {
		await into('COPY copied FROM STDIN WITH CSV HEADER', ['a,b\n', '5,"fi', 've, "" and"\n6,"si\nx"\n'])
		return (await client.query('SELECT * FROM copied WHERE a > 4 ORDER BY a')).rows
	})
	await check('COPY in, binary, what came out', async () => {
		const out = await collect(client.query(copyTo('COPY copied TO STDOUT WITH BINARY')))
		await client.query('TRUNCATE copied')
		await into('COPY copied FROM STDIN WITH BINARY', [out.subarray(0, 30), out.subarray(30)])
		return (await client.query('SELECT count(*), count(b) FROM copied')).rows
	})
	await check('COPY in, a hundred thousand rows', async () => {
		await client.query('TRUNCATE copied')
		await into('COPY copied FROM STDIN', (function* () {
			for (let i = 0; i < 100000; i++) yield `${i}\trow ${i}\n`
		})())
		return (await client.query('SELECT count(*), sum(a), md5(string_agg(b, \'\' ORDER BY a)) FROM copied')).rows
	})
	await check('COPY out, a hundred thousand rows', async () => {
		let n = 0
		await pipeline(client.query(copyTo('COPY copied TO STDOUT')), new Writable({ write(part, _, done) { n += part.length; done() } }))
		return n
	})
	await check('COPY in that is wrong', async () => faultOf(into('COPY copied FROM STDIN', ['1\tone\nx\ttwo\n'])))
	await check('COPY in that is given up', async () => {
		const stream = client.query(copyFrom('COPY copied FROM STDIN'))
		stream.write('1\tone\n')
		const ended = new Promise(done => stream.on('error', e => done(fault(e))))
		stream.destroy(new Error('had enough'))
		return [await ended, (await client.query('SELECT count(*) FROM copied')).rows]
	})
	await check('COPY in of nothing', async () => {
		await into('COPY copied FROM STDIN', [])
		return (await client.query('SELECT 4 AS v')).rows
	})
	await check('COPY out of no such table', async () => faultOf(collect(client.query(copyTo('COPY nowhere TO STDOUT')))))
	await check('COPY out left early', async () => {
		const other = await connect()
		const stream = other.query(copyTo('COPY copied TO STDOUT'))
		await new Promise((done, fail) => stream.once('data', done).once('error', fail))
		stream.destroy()
		await other.end()
		return (await client.query('SELECT 5 AS v')).rows
	})
	await check('rows of COPY, in COPY', async () => {
		const other = await connect()
		await client.query('CREATE TABLE copied_too (LIKE copied)')
		await pipeline(client.query(copyTo('COPY (SELECT * FROM copied WHERE a < 1000) TO STDOUT')), other.query(copyFrom('COPY copied_too FROM STDIN')))
		await other.end()
		return (await client.query('SELECT count(*) FROM copied_too')).rows
	})
}

async function notifications(client) {
	await check('LISTEN and NOTIFY', async () => {
		const heard = []
		const hear = n => heard.push([n.channel, n.payload, n.length > 0])
		client.on('notification', hear)
		await client.query('LISTEN bell')
		await client.query('LISTEN "odd ""bell"')
		const other = await connect()
		await other.query("NOTIFY bell, 'from another'")
		await other.query('SELECT pg_notify($1, $2)', ['odd "bell', 'žluťoučký'])
		await client.query("NOTIFY bell, 'from myself'")
		await client.query(`SELECT pg_notify('bell', repeat('x', 7999))`)
		await until(() => heard.length === 4)
		await client.query('UNLISTEN bell')
		await other.query("NOTIFY bell, 'not heard'")
		await client.query('UNLISTEN *')
		await other.end()
		client.off('notification', hear)
		return heard.map(h => [h[0], h[1].slice(0, 30), h[1].length]).sort()
	})
	await check('NOTIFY while idle in a pool', async () => {
		const listener = await connect()
		const got = new Promise(done => listener.once('notification', n => done(n.payload)))
		await listener.query('LISTEN quiet')
		setTimeout(() => client.query("NOTIFY quiet, 'late'"), 300)
		const payload = await got
		await listener.end()
		return payload
	})
	await check('NOTIFY that is rolled back', async () => {
		const heard = []
		client.on('notification', n => heard.push(n.payload))
		await client.query('LISTEN bell')
		await client.query('BEGIN')
		await client.query("NOTIFY bell, 'never'")
		await client.query('ROLLBACK')
		await client.query("NOTIFY bell, 'once'")
		await until(() => heard.length)
		await client.query('UNLISTEN *')
		client.removeAllListeners('notification')
		return heard
	})
}

async function cancels(client) {
	await check('cancelled by the server', async () => {
		const { rows: [{ pid }] } = await client.query('SELECT pg_backend_pid() AS pid')
		const other = await connect()
		const slept = faultOf(client.query('SELECT pg_sleep(30)'))
		await until(() => false, 8)
		const told = (await other.query('SELECT pg_cancel_backend($1)', [pid])).rows
		await other.end()
		return [told, await slept, (await client.query('SELECT 6 AS v')).rows]
	})
	await check('its process is what the server says', async () =>
		(await client.query('SELECT pg_backend_pid() = $1 AS same', [client.processID])).rows)
	await check('cancelled by a request', async () => {
		const query = new pg.Query('SELECT pg_sleep(30)')
		const slept = new Promise(done => {
			query.on('error', e => done(fault(e)))
			query.on('end', () => done('slept'))
		})
		client.query(query)
		await until(() => false, 8)
		new pg.Client({ ...over }).cancel(client, query)
		return [await slept, (await client.query('SELECT 7 AS v')).rows]
	})
	await check('statement_timeout', async () => {
		await client.query('SET statement_timeout = 200')
		const slept = await faultOf(client.query('SELECT pg_sleep(30)'))
		await client.query('RESET statement_timeout')
		return slept
	})
	await check('query_timeout of the client', async () => {
		const other = await connect({ query_timeout: 200 })
		const slept = await faultOf(other.query('SELECT pg_sleep(1)'))
		await until(() => false, 50)
		await other.end()
		return slept
	})
	await check('ended by an administrator', async () => {
		const other = await connect()
		const lost = new Promise(done => other.once('error', e => done(fault(e))))
		await client.query('SELECT pg_terminate_backend($1)', [other.processID])
		return lost
	})
	await check('idle in a transaction for too long', async () => {
		const other = await connect({ idle_in_transaction_session_timeout: 200 })
		const lost = new Promise(done => other.once('error', e => done(fault(e))))
		await other.query('BEGIN')
		return lost
	})
}

async function pipelines() {
	await check('queries that do not wait', async () => {
		const client = await connect({ pipeline: true })
		const got = await Promise.all(Array.from({ length: 200 }, (_, i) => client.query('SELECT $1::int AS v', [i])))
		await client.end()
		return [got.length, got.reduce((sum, r) => sum + r.rows[0].v, 0)]
	})
	await check('some of them wrong', async () => {
		const client = await connect({ pipeline: true })
		const got = await Promise.all(Array.from({ length: 30 }, (_, i) => faultOf(client.query('SELECT 1 / $1::int AS v', [i % 5]).then(r => r.rows[0].v))))
		await client.end()
		return got
	})
	await check('named, and a transaction', async () => {
		const client = await connect({ pipeline: true })
		const asked = ['BEGIN', { name: 'n', text: 'SELECT $1::int AS v', values: [1] }, 'SAVEPOINT s', 'SELECT 1/0',
			{ name: 'n', text: 'SELECT $1::int AS v', values: [2] }, 'ROLLBACK TO s', { name: 'n', text: 'SELECT $1::int AS v', values: [3] }, 'COMMIT']
		const got = await Promise.all(asked.map(q => faultOf(client.query(q).then(r => [r.command, r.rows]))))
		await client.end()
		return got
	})
	await check('without a pipeline, in a row', async () => {
		const client = await connect()
		const got = await Promise.all(Array.from({ length: 50 }, (_, i) => client.query('SELECT $1::int AS v', [i])))
		await client.end()
		return got.map(r => r.rows[0].v).join()
	})
}

async function connections() {
	await check('a pool', async () => {
		const pool = new pg.Pool({ ...over, max: 4, idleTimeoutMillis: 1000 })
		const got = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query('SELECT $1::int AS v', [i])))
		const sum = got.reduce((all, r) => all + r.rows[0].v, 0), size = pool.totalCount
		const client = await pool.connect()
		const wrong = await faultOf(client.query('SELECT 1/0'))
		client.release(true)
		const after = pool.totalCount
		await pool.end()
		return [sum, size, wrong, after]
	})
	await check('a pool that is used up', async () => {
		const pool = new pg.Pool({ ...over, max: 1, connectionTimeoutMillis: 300 })
		const client = await pool.connect()
		const wrong = await faultOf(pool.query('SELECT 1'))
		client.release()
		await pool.end()
		return wrong
	})
	await check('a pool whose backends end', async () => {
		const pool = new pg.Pool({ ...over, max: 2 })
		pool.on('error', () => {})
		await Promise.all([pool.query('SELECT pg_sleep(0.1)'), pool.query('SELECT pg_sleep(0.1)')])
		const admin = await connect()
		await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(0.1)%'")
		await until(() => pool.totalCount === 0)
		const rows = (await pool.query('SELECT 8 AS v')).rows
		await admin.end()
		await pool.end()
		return rows
	})
	await check('many at once', async () => {
		const all = await Promise.all(Array.from({ length: 40 }, () => connect()))
		const got = await Promise.all(all.map((c, i) => c.query('SELECT $1::int v', [i])))
		await Promise.all(all.map(c => c.end()))
		return got.length
	})
	await check('parameters of the login', async () => {
		const client = await connect({ application_name: 'a name', statement_timeout: 12345, options: '-c search_path=pg_catalog -c geqo=off' })
		const { rows } = await client.query("SELECT name, setting FROM pg_settings WHERE name IN ('application_name', 'statement_timeout', 'search_path', 'geqo') ORDER BY 1")
		await client.end()
		return rows
	})
	await check('a server of another encoding', async () => {
		const client = await connect()
		await client.query("SET client_encoding = 'UTF8'")
		const { rows } = await client.query("SELECT 'ů' AS v, current_setting('client_encoding') AS e")
		await client.end()
		return rows
	})
	// what a backend says of a login is for operators: see ERRORS in interlock(7)
	await check('alone: no such database', async () => faultOf(connect({ database: 'nowhere' })))
	await check('ended, and used', async () => {
		const client = await connect()
		await client.end()
		return faultOf(client.query('SELECT 1'))
	})
	await check('ended at once', async () => {
		const client = await connect()
		const late = faultOf(client.query('SELECT 9 AS v').then(r => r.rows))
		await client.end()
		return late
	})
	await check('encrypted', async () => {
		const client = await connect()
		const is = client.connection.stream.encrypted === true && client.connection.stream.authorized === true
		await client.end()
		return is
	})
	if (over.ssl)
		await check('another name than the certificate has', async () =>
			'fault' in await faultOf(connect({ ssl: { rejectUnauthorized: true, servername: 'db.other.example' } })))
}

async function main() {
	const client = await connect()
	await client.query('DROP SCHEMA IF EXISTS node_pg CASCADE; CREATE SCHEMA node_pg')
	await client.query(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b text);
		CREATE TABLE things (id serial PRIMARY KEY, name varchar(100) NOT NULL, n int CHECK (n >= 0));
		INSERT INTO things (name, n) VALUES ('first', 1), ('second', 2), ('third', NULL);
		CREATE TABLE parts (id int, thing int REFERENCES things);
		CREATE TABLE later (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);
		CREATE TABLE changing AS SELECT 1 AS a;
		CREATE TABLE copied (a int, b text);
		CREATE FUNCTION fails(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a / 0; END $$`)
	for (const part of [simple, types, prepared, transactions, errors, cursors, copies, notifications, cancels, pipelines, connections])
		await part(client)
	await client.query('DROP SCHEMA node_pg CASCADE')
	await client.end()
}

process.env.TZ = 'UTC'
main().then(() => process.exit(0), error => {
	console.log(`stopped: ${error.stack}`)
	process.exit(1)
})

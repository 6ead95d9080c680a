// check.js: one line for each check: its name and what came of it, as JSON. What is
// printed is what must be equal directly and inside a skill, so nothing in it may be
// chance: no process number, no time, no address.
'use strict'

const plain = value => JSON.stringify(value, (key, v) => {
	if (typeof v === 'bigint') return `${v}n`
	if (v && v.type === 'Buffer') return `bytes ${Buffer.from(v.data).toString('hex')}`
	if (v === undefined) return 'undefined'
	return v
})

// what of an error a program can go by
const FIELDS = ['severity', 'code', 'detail', 'hint', 'position', 'where', 'schema', 'table', 'column', 'dataType',
	'constraint', 'schema_name', 'table_name', 'column_name', 'constraint_name']

function fault(error) {
	const said = { fault: error.message.split('\n')[0] }
	for (const field of FIELDS)
		if (error[field] !== undefined) said[field] = error[field]
	return said
}

// faultOf PROMISE: what it failed with, or that it did not
async function faultOf(promise) {
	try {
		return { did: await promise }
	} catch (error) {
		return fault(error)
	}
}

const PATIENCE = 20000	// ms; a check that hangs is told, and the rest goes on

async function check(name, ask) {
	let timer, said
	const started = Date.now()
	try {
		const late = new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error('no answer')), PATIENCE)
		})
		said = await Promise.race([ask(), late])
	} catch (error) {
		said = fault(error)
	}
	clearTimeout(timer)
	if (process.env.TIMES) console.error(name, Date.now() - started)
	console.log(`${name}: ${plain(said)}`)
}

async function collect(stream) {
	const parts = []
	for await (const part of stream) parts.push(part)
	return Buffer.concat(parts.map(part => Buffer.from(part)))
}

module.exports = { check, collect, fault, faultOf }

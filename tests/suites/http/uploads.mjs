// uploads.mjs: the AWS SDK with the checksums that it sends unasked, and bodies in signed chunks as older ones send them:
// over TLS, and in the clear.
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import * as aws from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { put } from './s3-chunks.mjs'

const { check, faultOf } = createRequire(import.meta.url)('./check.js')
const Bucket = 'shop-files'
const bytes = n => Buffer.alloc(n, 'Interlock puts what a skill sends into chunks of its own. ')
const digest = all => `${all.length} ${createHash('sha256').update(all).digest('hex')}`
const pieces = (all, n) => Readable.from((function* () { for (let at = 0; at < all.length; at += n) yield all.subarray(at, at + n) })())

async function sdk(name, client) {
	const send = (command, input) => client.send(new aws[`${command}Command`]({ Bucket, ...input }))
	const stored = async Key => digest(Buffer.from(await (await send('GetObject', { Key })).Body.transformToByteArray()))
	const stream = (Key, all, piece, more) => check(`${name}, ${Key}`, async () => {
		const input = { Key, Body: pieces(all, piece), ContentLength: all.length, ContentType: 'text/plain', ...more }
		await send('PutObject', input)
		return stored(Key)
	})
	await check(`${name}, whole`, async () => {
		await send('PutObject', { Key: 'whole.txt', Body: 'hello', ContentType: 'text/plain' })
		return stored('whole.txt')
	})
	await stream('stream.txt', Buffer.from('hello'), 5)
	await stream('stream of 100 kB.txt', bytes(100000), 1000)
	await stream('stream-of-20-MB.txt', bytes(20e6), 65536)
	await stream('stream with CRC64.txt', bytes(1e5), 50000, { ChecksumAlgorithm: 'CRC64NVME' })
	await stream('stream with SHA256.txt', bytes(3e6), 1 << 20, { ChecksumAlgorithm: 'SHA256' })
	await check(`${name}, tried again by hand`, async () => {
		const input = () => ({ Key: `again-${Date.now()}.txt`, Body: pieces(bytes(2e6), 4096), ContentLength: 2e6, ContentType: 'text/plain' })
		const one = input(), other = { ...input(), Key: one.Key }
		return [await faultOf(send('PutObject', one)), await send('PutObject', other).then(() => stored(one.Key))]
	})
	await check(`${name}, by the library`, async () => {
		await new Upload({ client, partSize: 5 << 20, params: { Bucket, Key: 'uploaded', Body: pieces(bytes(12e6), 100000), ContentType: 'text/plain' } }).done()
		return stored('uploaded')
	})
	await check(`${name}, eight at once`, async () => Promise.all(Array.from({ length: 8 }, async (_, i) => {
		const all = bytes(200000 + i)
		await send('PutObject', { Key: `many ${i}.txt`, Body: pieces(all, 30000), ContentLength: all.length, ContentType: 'text/plain' })
		return stored(`many ${i}.txt`)
	})))
}

async function older(name, at, region) {
	const one = (what, n, how) => check(`${name}, ${what}`, () => put(`${at}/${what.replace(/ /g, '-')}`, bytes(n), { region, ...how }))
	await one('signed', 20000)
	await one('signed, nothing', 0)
	await one('signed, 66560 bytes', 66560, { size: 65536 })
	await one('signed, 5 MB', 5e6, { size: 131072 })
	await one('signed, with a trailer', 300000, { trailer: 'x-amz-checksum-crc32' })
	await one('signed, with a trailer of CRC64', 100000, { trailer: 'x-amz-checksum-crc64nvme', size: 65536 })
	await check(`alone: ${name}: one signature broken`, () => put(`${at}/broken`, bytes(50000), { breaks: true, region }))
	await check(`alone: ${name}: longer than told`, () => put(`${at}/longer`, bytes(50000), { lies: -1, region }))
	await check(`alone: ${name}: longer than told, and long`, () => put(`${at}/longer`, bytes(5e6), { lies: -1, region }).catch(() => 'cut'))
}

await sdk('sdk over TLS', new aws.S3Client({}))
await sdk('sdk in the clear', new aws.S3Client({ region: 'eu-west-1', endpoint: 'http://s3.eu-west-1.amazonaws.com', forcePathStyle: true }))
await older('chunks over TLS', 'https://s3.eu-central-1.amazonaws.com/shop-files', 'eu-central-1')
await older('chunks in the clear', 'http://s3.eu-west-1.amazonaws.com/shop-files', 'eu-west-1')
const last = new aws.S3Client({})
await check('nothing is left', async () => {
	const { Contents } = await last.send(new aws.ListObjectsV2Command({ Bucket }))
	await last.send(new aws.DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }))
	return (await last.send(new aws.ListObjectsV2Command({ Bucket }))).KeyCount
})
process.exit(0)
